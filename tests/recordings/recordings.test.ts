import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FlywheelError } from "@flywheel/protocol";
import type { ModelAnswer } from "@flywheel/protocol";
import { CLIENT_DIALECTS, DIALECTS, readEvents } from "@flywheel/providers";
import type { AnswerEcho, ClientDialect, DecodedResponse } from "@flywheel/providers";
import { readStreamed, readWhole } from "./plain-reader.ts";
import type { Reading } from "./plain-reader.ts";
import { readFixtures, readInteractions } from "./recordings.ts";
import type { Recording } from "./recordings.ts";
import { sharedData } from "./shared-data.ts";

const folder = sharedData("provider-recordings");
const skip = folder === undefined && "the folder shared/data/provider-recordings is not beside the repository";
const recordings = folder === undefined ? [] : [...readInteractions(folder), ...readFixtures(folder)];
const clients = Object.values(CLIENT_DIALECTS);

function plain({ dialect, stream, body }: Recording): Reading {
  return stream ? readStreamed(dialect, body) : readWhole(dialect, JSON.parse(body));
}

function ours({ dialect, stream, body }: Recording): DecodedResponse {
  return DIALECTS[dialect].decodeResponse(Buffer.from(body), stream ? "text/event-stream" : "application/json");
}

function asReading(read: DecodedResponse): Reading {
  return {
    text: read.message?.text ?? "",
    calls: (read.message?.tool_calls ?? []).map((call) => [call.name, JSON.parse(call.arguments || "{}") as unknown]),
    reason: read.finish_reason,
    input: read.usage?.input_tokens,
    output: read.usage?.output_tokens,
  };
}

/** All failures at once: a table is easier to work from than the first of a hundred. */
function check(list: readonly Recording[], one: (recording: Recording) => void): void {
  const failures: string[] = [];
  for (const recording of list)
    try {
      one(recording);
    } catch (error) {
      failures.push(
        `${recording.name} (${recording.dialect}): ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  assert.equal(failures.length, 0, `${failures.length} of ${list.length}:\n${failures.join("\n")}`);
}

describe("recorded answers of real providers", { skip }, () => {
  test("are there in every dialect, whole and streamed", () => {
    const kinds = new Set(recordings.map(({ dialect, stream }) => `${dialect} ${stream}`));
    assert.equal(kinds.size, 8, [...kinds].join(", "));
  });

  test("read as the most obvious reader reads them", () => {
    check(recordings, (recording) => assert.deepEqual(asReading(ours(recording)), plain(recording)));
  });

  test("say the same to a client of another dialect", () => {
    check(recordings, (recording) => {
      const { text, calls } = plain(recording);
      for (const client of clients) {
        const read = recording.stream ? streamTo(client, recording) : wholeTo(client, recording);
        assert.deepEqual([asReading(read).text, asReading(read).calls], [text, calls], client.id);
      }
    });
  });
});

describe("recorded requests", { skip }, () => {
  test("are written in every other dialect, or refused with the field at fault", () => {
    check(recordings, ({ dialect, request }) => {
      const client = clients.find(({ id }) => id === dialect);
      if (!client || typeof request !== "object" || request === null) return;
      const neutral = client.readRequest(request as Record<string, unknown>);
      for (const target of Object.values(DIALECTS))
        try {
          JSON.stringify(target.writeRequest(neutral, new Set()));
        } catch (error) {
          assert.ok(error instanceof FlywheelError && error.status === 400, String(error));
        }
    });
  });
});

function echoOf(recording: Recording, client: ClientDialect): AnswerEcho {
  return { id: "gen_1", model: "m", created: 1, usage: true, request: client.readRequest({ model: recording.name }) };
}

function wholeTo(client: ClientDialect, recording: Recording): DecodedResponse {
  const answer: ModelAnswer = DIALECTS[recording.dialect].readAnswer(
    JSON.parse(recording.body) as Record<string, unknown>,
  );
  const body = JSON.stringify(client.writeAnswer(answer, echoOf(recording, client)));
  return client.decodeResponse(Buffer.from(body), "application/json");
}

function streamTo(client: ClientDialect, recording: Recording): DecodedResponse {
  const reader = DIALECTS[recording.dialect].streamReader();
  const writer = client.streamWriter(echoOf(recording, client));
  const parts = readEvents(recording.body).flatMap(({ event, data }) => reader.read(event, data));
  const body = [...parts, ...reader.end()].map((part) => writer.write(part)).join("");
  return client.decodeResponse(Buffer.from(body), "text/event-stream");
}
