import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DIALECT_IDS } from "@flywheel/protocol";
import { eventually, removeFolder, startFlywheel, temporaryFolder } from "../system/flywheel.ts";
import type { Flywheel } from "../system/flywheel.ts";
import { startUpstream } from "../upstream/server.ts";
import type { ScriptedUpstream, SeenRequest } from "../upstream/server.ts";
import { aiCompatible, aiOpenai } from "./ai.ts";
import { anthropic } from "./anthropic.ts";
import { langchain } from "./langchain.ts";
import { openaiResponses } from "./openai-responses.ts";
import { openai } from "./openai.ts";
import { BREAKS, FOUND, SCENARIOS } from "./scenarios.ts";
import type { Scenario } from "./scenarios.ts";

const SDKS = [openai, openaiResponses, anthropic, aiOpenai, aiCompatible, langchain];

/** The rows that each scenario leaves, in order. */
const ROWS: Record<Scenario, readonly string[]> = {
  chat: ["ok"],
  stream: ["ok"],
  tools: ["ok", "ok"],
  "json schema": ["ok"],
  embeddings: ["ok"],
  error: ["error", ...BREAKS.map(() => "partial")],
  abort: ["client_aborted"],
};

/** What the provider saw, besides that it was asked. */
const SEEN: Partial<Record<Scenario, (requests: readonly SeenRequest[]) => Promise<void> | void>> = {
  tools: ([, second]) => {
    for (const result of Object.values(FOUND)) assert.ok(second!.body.includes(result), second!.body);
  },
  "json schema": ([request]) => assert.match(request!.body, /"enum":\["cards","billing"\]/),
  abort: ([request]) => eventually(async () => request!.aborted || undefined, "the provider to see it").then(() => {}),
};

/** Embeddings are there for providers that have some. */
const EMBEDDERS: readonly string[] = ["openai-chat", "gemini"];

let upstream: ScriptedUpstream;
let flywheel: Flywheel;

before(async () => {
  upstream = await startUpstream();
  const provider = (dialect: string): object => ({ baseUrl: `${upstream.origin}/fixtures`, dialect });
  const providers = Object.fromEntries(DIALECT_IDS.map((id) => [id, provider(id)]));
  const projectDir = temporaryFolder("project");
  writeFileSync(join(projectDir, "flywheel.config.ts"), `export default ${JSON.stringify({ providers })};\n`);
  flywheel = await startFlywheel({ projectDir });
});

after(async () => {
  await flywheel.stop();
  await upstream.close();
  removeFolder(flywheel.dataDir);
});

/** Conversation → the rows it must have left. */
const owed = new Map<string, { provider: string; statuses: readonly string[] }>();

for (const { name, scripts } of SDKS)
  for (const provider of DIALECT_IDS)
    describe(`${name}, answered by ${provider}`, () => {
      for (const scenario of SCENARIOS) {
        const script = scripts[scenario];
        if (typeof script !== "function") {
          test(scenario, { skip: script.none }, () => {});
          continue;
        }
        if (scenario === "embeddings" && !EMBEDDERS.includes(provider)) continue;
        test(scenario, async () => {
          const conversation = `${name} ${provider} ${scenario}`;
          upstream.seen.length = 0;
          const { baseUrl, key } = flywheel;
          await script({ baseUrl, key, provider, headers: { "flywheel-conversation-id": conversation } });
          await SEEN[scenario]?.(upstream.seen);
          owed.set(conversation, { provider, statuses: ROWS[scenario] });
        });
      }
    });

test("every call of theirs is one row, with the right end and the provider's dialect", async () => {
  const count = [...owed.values()].flatMap(({ statuses }) => statuses).length;
  const rows = await flywheel.rows(count);
  assert.equal(rows.length, count);
  for (const [conversation, { provider, statuses }] of owed) {
    const own = rows.filter(({ conversation_id }) => conversation_id === conversation).toReversed();
    assert.deepEqual(
      own.map(({ status }) => status),
      statuses,
      conversation,
    );
    assert.ok(
      own.every(({ response_dialect }) => response_dialect === provider),
      conversation,
    );
  }
});
