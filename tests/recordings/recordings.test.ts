import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FlywheelError } from "@flywheel/protocol";
import { CLIENT_DIALECTS, DIALECTS } from "@flywheel/providers";
import { CLIENTS } from "../../packages/gateway/src/conformance/reading.ts";
import { isSkipped, readRecordings } from "../../packages/gateway/src/conformance/recordings.ts";
import { run } from "../../packages/gateway/src/conformance/run.ts";
import { listen } from "./listen.ts";
import { openaiSchema } from "./openai-schema.ts";
import { sharedData } from "./shared-data.ts";

const folder = sharedData("provider-recordings");
const schema = openaiSchema();
const skip =
  (folder === undefined || schema === undefined) &&
  "the folders shared/data/provider-recordings and shared/data/api-specs are not beside the repository";

describe("recorded answers of real providers", { skip }, () => {
  test("say behind the gateway what they say directly, in valid words", async () => {
    const { heard, fetch } = listen(schema!);
    const { signal } = new AbortController();
    const { outcomes, twins } = await run({ folder: folder!, clients: CLIENTS, signal, fetch });
    const kinds = new Set(outcomes.map(({ recording: { dialect, stream } }) => `${dialect} ${stream}`));
    assert.equal(kinds.size, 8, "every dialect is there, whole and streamed");
    const wrong = outcomes.flatMap(({ recording, replays }) =>
      replays.filter(({ wrong }) => wrong.length > 0).map(({ by, why }) => `${recording.name} by ${by}: ${why}`),
    );
    assert.deepEqual(wrong, []);
    assert.ok(outcomes.filter(({ unreadable }) => unreadable).length < 10, "few raise errors even directly");
    assert.deepEqual(heard.ours.invalid, []);
    assert.equal(twins.agree, twins.checked);
    for (const amount of [outcomes.length, heard.ours.valid, heard.passed.valid, twins.checked])
      assert.ok(amount > 100, String(amount));
  });
});

describe("recorded requests", { skip }, () => {
  test("are written in every other dialect, or refused with the field at fault", () => {
    let written = 0;
    for (const recording of readRecordings(folder!)) {
      if (isSkipped(recording) || recording.dialect === "gemini" || !recording.request) continue;
      const neutral = CLIENT_DIALECTS[recording.dialect].readRequest(recording.request);
      for (const target of Object.values(DIALECTS))
        try {
          JSON.stringify(target.writeRequest(neutral, new Set()));
          written++;
        } catch (error) {
          assert.ok(error instanceof FlywheelError && error.status === 400, `${recording.name}: ${String(error)}`);
        }
    }
    assert.ok(written > 1000, String(written));
  });
});
