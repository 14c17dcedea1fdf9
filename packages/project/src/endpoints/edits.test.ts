import { equal } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openProject } from "./project.ts";

const dir = mkdtempSync(join(tmpdir(), "flywheel-edits-"));
const file = join(dir, "endpoints/greet.ts");
mkdirSync(join(dir, "endpoints"));
after(() => rmSync(dir, { recursive: true }));

const save = (version: number) =>
  writeFileSync(
    file,
    `import { defineEndpoint } from "flywheel";
export default defineEndpoint<string>({ prompt: (name) => "version ${version}" });
`,
  );

test("an edit is served although the file is looked at once more while it is built", async () => {
  save(1);
  let told: ((id: string) => void) | undefined;
  const project = openProject({
    dir,
    limits: { env: {}, hosts: [], memoryBytes: 512 * 1024 * 1024, timeoutMs: 5000 },
    onOutput: () => {},
    onState: ({ build }) => told?.(build.id),
  });
  const next = () => new Promise<string>((resolve) => (told = resolve));
  try {
    await next();
    for (let version = 2; version < 6; version++) {
      const said = next();
      save(version);
      // Nothing but its time changes, again and again until the build is there.
      const touching = setInterval(() => utimesSync(file, new Date(), new Date()), 30);
      setTimeout(() => clearInterval(touching), 300);
      const [message] = await project.renderPrompt(await said, "greet", "you");
      clearInterval(touching);
      equal(message!.content, `version ${version}`);
    }
  } finally {
    project.close();
  }
});
