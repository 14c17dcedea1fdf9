import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { DEFAULT_EVENTS } from "@flywheel/protocol";
import { validateEvents } from "./events.ts";
import { loadConfig } from "./load.ts";

const dir = mkdtempSync(join(tmpdir(), "flywheel-events-"));
after(() => rmSync(dir, { recursive: true }));

function problemsOf(events: unknown): string {
  const validated = validateEvents(events);
  return "problems" in validated ? validated.problems.join("\n") : assert.fail("it is valid");
}

describe("events.ts", () => {
  test("is read beside the configuration, and stands in place of the usual events", async () => {
    assert.deepEqual((await loadConfig(dir)).events, DEFAULT_EVENTS);
    writeFileSync(
      join(dir, "events.ts"),
      `import { defineEvents } from "flywheel";
      const words = ["up", "down"] as const;
      export default defineEvents({
        copied: { reward: 0.3 },
        thumbs: { payload: { value: words, why: "string?" }, reward: { value: { up: 1, down: -1 } } },
        moved: { payload: { queue: "string", stars: "number" }, label: ["queue"], reward: "stars" },
        edited: { payload: { final: "json" }, demonstration: "final" },
        chosen: { payload: { over: "generation" }, preference: "over" },
      });`,
    );
    writeFileSync(join(dir, "flywheel.config.ts"), `export default { retention: { days: 3 } };`);
    const { events, retention } = await loadConfig(dir);
    assert.equal(retention.days, 3);
    const text = { type: "string", optional: false };
    assert.deepEqual(events, {
      copied: { payload: {}, reward: 0.3 },
      thumbs: {
        payload: { value: { type: ["up", "down"], optional: false }, why: { type: "string", optional: true } },
        reward: { field: "value", values: { up: 1, down: -1 } },
      },
      moved: {
        payload: { queue: text, stars: { type: "number", optional: false } },
        reward: { field: "stars" },
        label: ["queue"],
      },
      edited: { payload: { final: { type: "json", optional: false } }, demonstration: "final" },
      chosen: { payload: { over: { type: "generation", optional: false } }, preference: "over" },
    });
  });

  test("that does not load is told with its place", async () => {
    writeFileSync(join(dir, "events.ts"), `export const events = 1;`);
    await assert.rejects(loadConfig(dir), { code: "config_invalid", message: /^events\.ts: has no default export; write `export default defineEvents/ }); // prettier-ignore
    writeFileSync(join(dir, "events.ts"), `export default { Copied: { rewards: 1 } };`);
    await assert.rejects(loadConfig(dir), {
      message:
        "events.ts: Copied: the name is not lower-case letters, digits, dots and dashes\nevents.ts: Copied: unknown key `rewards`; did you mean `reward`?",
    });
  });

  for (const [event, said] of [
    [{ reward: 2 }, "a.reward: expected a number from -1 to 1, got 2"],
    [{ reward: "stars" }, "a.reward: `stars` is no field of its payload"],
    [{ payload: { stars: "string" }, reward: "stars" }, "a.reward: `stars` must be a number"],
    [{ payload: { value: ["up"] }, reward: { value: { down: 1 } } }, "a.reward.value.down: `down` is none of up"],
    [{ payload: { value: "string" }, reward: { value: { up: 1 } } }, "a.reward: `value` must be a field of its payload with a list of words"], // prettier-ignore
    [{ payload: { final: "number" }, demonstration: "final" }, "a.demonstration: `final` must be a string or json"],
    [{ payload: { over: "string" }, preference: "over" }, "a.preference: `over` must be a generation"],
    [{ payload: { any: "json" }, label: ["any"] }, "a.label[0]: `any` must be a string, a number, a boolean or a list of words"], // prettier-ignore
    [{ payload: { n: "int" } }, "a.payload.n: expected string, number, boolean, generation or json (with a ? at the end: optional), or a list of words, got \"int\""], // prettier-ignore
    [{ payload: { n: [] } }, "a.payload.n: a list needs at least one word"],
  ] as const)
    test(`with ${JSON.stringify(event)} says what is wrong`, () => {
      assert.equal(problemsOf({ a: event }), said);
    });
});
