import { deepEqual } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildProject } from "../build-project.ts";

const dir = mkdtempSync(join(tmpdir(), "flywheel-schemas-"));
mkdirSync(join(dir, "endpoints"));
// As after `npm install zod` in the project.
mkdirSync(join(dir, "node_modules"));
symlinkSync(dirname(fileURLToPath(import.meta.resolve("zod/package.json"))), join(dir, "node_modules/zod"));
after(() => rmSync(dir, { recursive: true }));

function build(text: string) {
  writeFileSync(join(dir, "endpoints/tidy.ts"), `import { defineEndpoint, jsonSchema } from "flywheel";\n${text}`);
  const limits = { env: {}, hosts: [], memoryBytes: 512 * 1024 * 1024, timeoutMs: 5000 };
  return buildProject({ dir, limits, onOutput: () => {}, signal: new AbortController().signal });
}

test("an endpoint may be typed by schemas of a validation library, which are what the prompt's types come from", async () => {
  const { build: built, diagnostics } = await build(`import { z } from "zod";
export default defineEndpoint({
  input: z.object({ message: z.string() }),
  output: z.object({ queue: z.enum(["billing", "cards"]), extra: z.any() }),
  examples: [{ input: { message: "hi" }, output: { queue: "cards", extra: 1 } }],
  prompt: ({ message }) => message.toUpperCase(),
});
`);
  deepEqual(diagnostics, []);
  const { input, output } = built.endpoints[0]!;
  deepEqual(
    { input, output },
    {
      input: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: { message: { type: "string" } },
        required: ["message"],
      },
      output: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: { queue: { type: "string", enum: ["billing", "cards"] }, extra: {} },
        required: ["queue", "extra"],
        additionalProperties: false,
      },
    },
  );
});

test("an endpoint may be JavaScript, where it says by schemas what goes in", async () => {
  const file = join(dir, "endpoints/plain.js");
  const write = (head: string) =>
    writeFileSync(
      file,
      `import { defineEndpoint } from "flywheel";
import { z } from "zod";
export default defineEndpoint({
  ${head}
  prompt: ({ message }) => message,
});
`,
    );
  const tidy = "export default defineEndpoint<string>({ prompt: (message) => message });\n";
  try {
    write("input: z.object({ message: z.string() }), output: z.object({ ok: z.boolean() }),");
    writeFileSync(join(dir, "endpoints/tidy.js"), "what a compiler has written");
    const { build: built, diagnostics } = await build(tidy);
    deepEqual(diagnostics, []);
    const shown = built.endpoints.map(({ file, output }) => [file, (output as { type?: string } | null)?.type]);
    deepEqual(shown, [["endpoints/plain.js", "object"], ["endpoints/tidy.ts", undefined]]); // prettier-ignore
    write("model: 'fast',");
    const untyped = await build(tidy);
    deepEqual(untyped.diagnostics.map(({ message, file }) => [file, message]), [["endpoints/plain.js", "input: a JavaScript file cannot say its type"]]); // prettier-ignore
    deepEqual(untyped.build.endpoints.map(({ name }) => name), ["tidy"]); // prettier-ignore
  } finally {
    rmSync(file);
  }
});

test("a pattern with which one text could hold up a gateway is refused, whatever it comes from", async () => {
  const { diagnostics } = await build(`interface Doubled {
  /** @pattern ^(a+)+\\1$ */
  text: string;
  /** @pattern ^(b+)+$ */
  fine: string;
}
export default defineEndpoint<string, Doubled>({ prompt: (message) => message });
`);
  deepEqual(
    diagnostics.map(({ message }) => message),
    ["the pattern ^(a+)+\\1$ takes forever on some texts"],
  );
});

test("a schema that cannot be used is said with the place of its key", async () => {
  const { diagnostics } = await build(`export default defineEndpoint({
  output: jsonSchema({ type: "strnig" }),
  prompt: (message: string) => message,
});
`);
  deepEqual(diagnostics, [
    {
      file: "endpoints/tidy.ts",
      line: 3,
      column: 3,
      message:
        "output: schema is invalid: data/type must be equal to one of the allowed values, data/type must be array, data/type must match a schema in anyOf", // prettier-ignore
      suggestion: "Write a JSON Schema of draft 2020-12.",
    },
  ]);
});
