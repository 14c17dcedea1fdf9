import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { CommandContext } from "@flywheel/protocol";
import { conformanceCommand } from "./command.ts";

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "flywheel-conformance-"));
  folders.push(folder);
  return folder;
}

const SAMPLE = join(import.meta.dirname, "sample");

interface Printed {
  code: number;
  lines: string[];
}

/** The command as the CLI runs it. */
async function conformance(options: Record<string, string | boolean | string[]>, json = true): Promise<Printed> {
  const lines: string[] = [];
  const context: CommandContext = {
    api: () => Promise.reject(new Error("no server takes part")),
    out: (line) => lines.push(line),
    note: () => {},
    signal: new AbortController().signal,
    json,
    color: false,
  };
  const code = await conformanceCommand.run(context, [], {
    model: "{model}",
    key: "none",
    recordings: SAMPLE,
    ...options,
  });
  return { code: code ?? 0, lines };
}

const last = ({ lines }: Printed): unknown => JSON.parse(lines.at(-1)!);

describe("flywheel conformance", () => {
  test("finds every recording in our dialects right, and says why it skips the others", async () => {
    const printed = await conformance({});
    assert.deepEqual(last(printed), { recordings: 12, right: 9, skipped: 3 });
    assert.deepEqual(JSON.parse(printed.lines.at(-2)!), {
      twins: { checked: 4, agree: 4 },
      cut: { checked: 12, told: 12 },
    });
    assert.equal(printed.code, 0);
    const entries = printed.lines.map((line) => JSON.parse(line) as { skipped?: unknown; name?: string });
    assert.deepEqual(
      entries.flatMap(({ name, skipped }) => (name !== undefined && typeof skipped === "string" ? [skipped] : [])),
      ["failed: status 429", "foreign: amazon-bedrock POST /model/*/converse", "foreign: cohere"],
    );
  });

  test("asks with every client, and reads the log's row", async () => {
    const { lines } = await conformance({});
    const one = lines.map((line) => JSON.parse(line) as { name?: string; replays: { by: string }[] });
    const { replays } = one.find(({ name }) => name === "handwritten/google/piecemeal.chunks.txt")!;
    assert.deepEqual(replays.map(({ by }) => by).toSorted(), [
      "anthropic-messages",
      "openai-chat",
      "openai-responses",
      "row",
    ]);
  });

  test("prints a row a provider and the sum", async () => {
    const { lines } = await conformance({ verbose: true }, false);
    assert.match(
      lines.find((line) => line.startsWith("google"))!,
      /^google +2 +0( +2\/2){6}$/,
    );
    assert.ok(lines.includes("skipped  weather-in-words#1: failed: status 429"));
    assert.equal(lines.at(-1), "12 recordings: 9 right, 0 wrong, 3 skipped.");
  });

  test("refuses a folder without recordings, and options that mean nothing", async () => {
    const empty = emptyFolder();
    const refusals: [Record<string, string | string[]>, RegExp][] = [
      [{ recordings: empty }, /no recordings in/],
      [{ recordings: join(empty, "none") }, /no folder/],
      [{ client: "gemini" }, /--client gemini is none of/],
      [{ against: "localhost:80" }, /not an http\(s\) address/],
      [{ against: "http://127.0.0.1:9/v1", header: ["no colon"] }, /is not "name: value"/],
    ];
    for (const [options, message] of refusals) await assert.rejects(conformance(options), message);
  });

  test("skips what has a good status but holds no answer, and goes on", async () => {
    const folder = emptyFolder();
    const uri = "https://api.openai.com/v1/chat/completions";
    const bodies: [string, unknown][] = [
      ["application/json", { choices: [] }],
      ["application/json", "<html>"],
      ["application/json", null],
      ["text/event-stream", "data: {oops\n\n"],
      ["application/json", { choices: [{ index: 0, message: { content: "Hi" }, finish_reason: "stop" }] }],
    ];
    const interactions = bodies.map(([content_type, body]) => ({
      request: { method: "POST", uri, body: null },
      response: { status: 200, content_type, body },
    }));
    writeFileSync(join(folder, "odd.jsonl"), JSON.stringify({ interactions }));
    assert.deepEqual(last(await conformance({ recordings: folder })), { recordings: 5, right: 1, skipped: 4 });
  });

  test("names the file and the line that cannot be read", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "broken.jsonl"), '{"interactions":[]}\n{"interactions":\n');
    await assert.rejects(conformance({ recordings: folder }), /broken\.jsonl, line 2/);
  });
});

describe("flywheel conformance --against", () => {
  /** A gateway that fetches the answer from where the header says, and then spoils it. */
  async function spoiling(spoil: (text: string) => string, work: (baseUrl: string) => Promise<void>): Promise<void> {
    const server = createServer((req, res) => {
      void forward(req).then(({ status, type, text }) => {
        res.writeHead(status, { "content-type": type });
        res.end(spoil(text));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  async function forward(req: IncomingMessage): Promise<{ status: number; type: string; text: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const to = `${String(req.headers["x-upstream"])}${req.url!.replace("/v1", "")}`;
    const answer = await fetch(to, { method: "POST", body: Buffer.concat(chunks) });
    return { status: answer.status, type: answer.headers.get("content-type")!, text: await answer.text() };
  }

  const CHAT = { client: "openai-chat", header: ["x-upstream: {upstream}"] };

  /** The names of what was right or wrong, of those that a client of OpenAI chat gets untranslated. */
  async function chat(baseUrl: string): Promise<{ name: string; replays: { wrong: string[] }[] }[]> {
    const { lines } = await conformance({ ...CHAT, against: baseUrl });
    const all = lines.map(
      (line) => JSON.parse(line) as { name: string; dialect?: string; replays: { wrong: string[] }[] },
    );
    return all.filter(({ dialect }) => dialect === "openai-chat");
  }

  test("goes through the gateway at that address, with its headers filled in", async () => {
    await spoiling(
      (text) => text,
      async (baseUrl) => {
        const own = await chat(baseUrl);
        assert.equal(own.length, 3);
        for (const { replays } of own)
          assert.deepEqual(
            replays.map(({ wrong }) => wrong),
            [[]],
          );
      },
    );
  });

  test("finds out a gateway that changes text, usage, the reason or a call, or sends nothing that can be read", async () => {
    const spoils: [(text: string) => string, string][] = [
      [(text) => text.replaceAll("bien", "mal"), "text"],
      [(text) => text.replace(/"completion_tokens": ?\d+/g, '"completion_tokens":1'), "usage"],
      [(text) => text.replace(/"finish_reason": ?"\w+"/g, '"finish_reason":"length"'), "finish reason"],
      [(text) => text.replaceAll("Oslo", "Bergen"), "tool calls"],
      [() => "<html>", "parsed"],
    ];
    for (const [spoil, check] of spoils)
      await spoiling(spoil, async (baseUrl) => {
        const wrong = new Set(
          (await chat(baseUrl)).flatMap(({ replays }) => replays.flatMap((replay) => replay.wrong)),
        );
        assert.ok(wrong.has(check), `${check}: ${[...wrong].join(", ")}`);
      });
  });

  test("finds out a gateway that ends a cut stream as if it were whole", async () => {
    await spoiling(
      (text) => text,
      async (baseUrl) => {
        const { lines } = await conformance({ ...CHAT, against: baseUrl });
        const { cut } = JSON.parse(lines.at(-2)!) as { cut: { checked: number; told: number } };
        assert.ok(cut.told < cut.checked, JSON.stringify(cut));
      },
    );
  });

  test("counts everything wrong where nobody listens", async () => {
    const printed = await conformance({ ...CHAT, against: "http://127.0.0.1:9/v1" });
    assert.deepEqual(last(printed), { recordings: 12, right: 0, skipped: 3 });
    assert.equal(printed.code, 1);
  });
});
