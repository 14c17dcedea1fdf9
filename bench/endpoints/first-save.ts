import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { flywheel as run } from "../../tests/system/command.ts";
import { type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../../tests/system/flywheel.ts";

/** Where the endpoint is saved: a folder with nothing in it, or one that `flywheel init` has written. */
export type Beginning = "empty" | "init";

const TRIAGE = `import { defineEndpoint } from "flywheel";

export interface Sorted {
  queue: "billing" | "cards" | "transfers" | "other";
  urgency: 1 | 2 | 3;
}

export default defineEndpoint<{ message: string }, Sorted>({
  model: "fast",
  prompt: ({ message }) => \`Triage this support message.\\n\\n\${message}\`,
});
`;
/** A server that has just come up is still opening its log store; nobody writes a type as fast as that. */
const SETTLED_MS = 4000;
const PAUSE_MS = 10;
const LOST_MS = 30_000;

/** Milliseconds from the first save on a server of its own to the first answer of the bundled model. */
export async function firstSave(beginning: Beginning): Promise<number> {
  const projectDir = temporaryFolder("project");
  if (beginning === "init") await run(["init", "--cwd", projectDir]);
  const server = await startFlywheel({ projectDir });
  await sleep(SETTLED_MS);
  mkdirSync(join(projectDir, "endpoints"), { recursive: true });
  writeFileSync(join(projectDir, "endpoints/triage.ts"), TRIAGE);
  const began = performance.now();
  while (!(await answers(server))) {
    if (performance.now() - began > LOST_MS) throw new Error(`the first save is not served: ${server.notes()}`);
    await sleep(PAUSE_MS);
  }
  const took = performance.now() - began;
  await server.stop();
  removeFolder(server.dataDir);
  return took;
}

/** With the type that was saved; the template's has a summary besides. */
async function answers({ origin, key }: Flywheel): Promise<boolean> {
  const response = await fetch(`${origin}/endpoints/triage`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: '{"message":"My card was stolen"}',
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return response.ok && Object.keys(answer).join() === "queue,urgency";
}
