import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeEditorTypes } from "@flywheel/project";
import { QUEUES } from "./company.ts";

export const ENDPOINT = "triage";
/** What the endpoint asks, and what a promotion is in front of. */
export const ROUTE = "fast";

const TRIAGE = `import { defineEndpoint } from "flywheel";

export interface Triage {
  queue: ${QUEUES.map((queue) => JSON.stringify(queue)).join(" | ")};
}

export default defineEndpoint<{ message: string }, Triage>({
  model: "${ROUTE}",
  temperature: 0,
  prompt: ({ message }) => message,
});
`;

const EVENTS = `import { defineEvents } from "flywheel";

export default defineEvents({
  thumbs: { payload: { value: ["up", "down"] }, reward: { value: { up: 1, down: -1 } } },
  edited: { payload: { final: "json" }, demonstration: "final" },
});
`;

/** The project of the invented company: one typed endpoint, and what its users' actions mean. */
export function writeProject(dir: string): void {
  mkdirSync(join(dir, "endpoints"), { recursive: true });
  writeFileSync(join(dir, "endpoints", `${ENDPOINT}.ts`), TRIAGE);
  writeFileSync(join(dir, "events.ts"), EVENTS);
  writeEditorTypes(dir);
}
