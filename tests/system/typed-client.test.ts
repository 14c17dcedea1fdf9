import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeClient } from "@flywheel/project";
import type { Endpoint, EndpointBuild } from "@flywheel/protocol";
import { type RunningGateway, SECRET, startGateway } from "../../packages/gateway/test/running-gateway.ts";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { temporaryFolder } from "./flywheel.ts";

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const BASE = { file: "", model: "scripted/m", examples: [], temperature: 0 };
const TRIAGE: Endpoint = {
  ...BASE,
  name: "triage",
  description: "Routes a message.",
  input: { type: "object", properties: { message: { type: "string", minLength: 1 } }, required: ["message"] },
  output: {
    $ref: "#/$defs/Answer",
    $defs: {
      Answer: {
        type: "object",
        properties: {
          queue: { enum: ["cards", "billing"] },
          tags: { type: "array", items: { type: "string" } },
          by: { $ref: "#/$defs/Record" },
        },
        required: ["queue", "tags", "by"],
        additionalProperties: false,
      },
      // Names that the client needs itself.
      Record: { type: "object", properties: { "the name": { type: ["string", "null"] } }, required: ["the name"] },
    },
  },
};
const BUILD: EndpointBuild = {
  id: "1",
  endpoints: [TRIAGE, { ...BASE, name: "support/send-mail", description: "", input: { type: "string" }, output: null }],
};
const TYPED = { queue: "cards", tags: ["läst", "🐢"], by: { "the name": null } };

/** What an app does with a client; that it compiles is a test of the types. */
const APP = `
import { type Client, createClient, EndpointError, type TriageOutput, type Update } from "./flywheel-client.js";

const client: Client = createClient({ baseURL: "http://localhost:1", key: "k" });

export async function route(message: string): Promise<"cards" | "billing"> {
  const output: TriageOutput = await client.triage({ message });
  const name: string | null = output.by["the name"];
  const { generationId } = await client.triage.answer({ message }, { signal: AbortSignal.timeout(9) });
  console.log(name, generationId, output.tags.map((tag) => tag.length));
  return output.queue;
}

export async function watch(show: (update: Update<TriageOutput>) => void): Promise<string> {
  const stream = client.triage.stream({ message: "hello" });
  for await (const update of stream) {
    const first: string | undefined = update.value.tags?.[0];
    if (update.final.includes("/queue")) console.log(update.value.queue, first);
    show(update);
  }
  const { output, generationToken } = await stream.answer;
  return output.queue + generationToken + (await client["support/send-mail"]("text"));
}

export async function wrong(): Promise<unknown> {
  try {
    // @ts-expect-error it takes a message
    await client.triage({ text: "hello" });
    // @ts-expect-error there is no such endpoint
    return client.other;
  } catch (error) {
    return error instanceof EndpointError ? error.code : undefined;
  }
}

// @ts-expect-error its queues are known
export const never = (output: TriageOutput) => output.queue === "cash";
`;

const CONFIG = {
  compilerOptions: {
    strict: true, target: "es2019", module: "nodenext", lib: ["es2019", "dom"], types: [], noEmit: true,
    exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true,
    noImplicitReturns: true, noUnusedLocals: true, noUnusedParameters: true, noImplicitOverride: true,
    verbatimModuleSyntax: true, isolatedModules: true, erasableSyntaxOnly: true,
  },
}; // prettier-ignore

/** As the written file exports it; its types are for the app above. */
interface Written {
  createClient(options: { baseURL: string; key: string }): {
    triage: Call<{ message: string }, typeof TYPED>;
    "support/send-mail": Call<string, string>;
  };
  EndpointError: new () => Error;
}
interface Call<Input, Output> {
  (input: Input, options?: { signal?: AbortSignal }): Promise<Output>;
  answer(input: Input): Promise<{ output: Output; generationId: string }>;
  stream(input: Input): AsyncIterable<{ value: unknown; final: string[] }> & {
    answer: Promise<{ output: Output; generationId: string }>;
  };
}

let upstream: ScriptedUpstream;
let running: RunningGateway;
let client: ReturnType<Written["createClient"]>;
const dir = temporaryFolder("client");

before(async () => {
  upstream = await startUpstream();
  const provider = { base_url: `${upstream.origin}/fixtures`, api_key_env: "K", headers: {}, models: [] };
  running = await startGateway(
    { providers: { scripted: { ...provider, dialect: "openai-chat" } } },
    {
      endpoints: {
        build: () => BUILD,
        renderPrompt: async (_build, _name, input) => [{ role: "user", content: JSON.stringify(input) }],
      },
    },
    { K: "key" },
  );
  mkdirSync(join(dir, "src"));
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(CONFIG));
  writeFileSync(join(dir, "src/flywheel-client.ts"), writeClient(BUILD));
  writeFileSync(join(dir, "src/app.ts"), APP);
  const module = (await import(join(dir, "src/flywheel-client.ts"))) as Written;
  client = module.createClient({ baseURL: `http://127.0.0.1:${running.port}/v1/`, key: SECRET });
});
after(async () => {
  await running.stop();
  await upstream.close();
});

const say = (...answers: unknown[]) => {
  upstream.says = answers.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
};

describe("the typed client", () => {
  test("compiles under the strictest rules in a project without any dependency, and finds an app's mistakes", () => {
    const { stdout, status } = spawnSync(process.execPath, [TSC, "-p", dir], { encoding: "utf8" });
    equal(stdout, "");
    equal(status, 0);
  });

  test("answers with the output, and with the generation it is", async () => {
    say(TYPED, TYPED, "Sent.");
    deepEqual(await client.triage({ message: "I lost my card" }), TYPED);
    const { output, generationId } = await client.triage.answer({ message: "I lost my card" });
    deepEqual(output, TYPED);
    match(generationId, /^gen_/);
    equal(await client["support/send-mail"]("to whom"), "Sent.");
  });

  test("shows an answer while it is written, and changes nothing that it handed out", async () => {
    say(TYPED);
    const stream = client.triage.stream({ message: "I lost my card" });
    const updates: { value: unknown; final: string[]; before: string }[] = [];
    for await (const update of stream) updates.push({ ...update, before: JSON.stringify(update.value) });
    ok(updates.length > 1, "more than one piece");
    for (const { value, before } of updates) equal(JSON.stringify(value), before);
    deepEqual(updates.at(-1)!.value, TYPED);
    deepEqual(
      updates.flatMap(({ final }) => final),
      ["/queue", "/tags/0", "/tags/1", "/tags", "/by/the name", "/by", ""],
    );
    const { output, generationId } = await stream.answer;
    deepEqual(output, TYPED);
    match(generationId, /^gen_/);
  });

  test("streams text", async () => {
    say("A long text.");
    let last: unknown;
    for await (const { value } of client["support/send-mail"].stream("x")) last = value;
    equal(last, "A long text.");
  });

  test("throws what the server says, with what is at fault, from each of its calls", async () => {
    const wrong = {
      name: "EndpointError",
      status: 400,
      code: "invalid_request",
      param: "/message",
      message: /message/,
    };
    await rejects(client.triage({ message: "" }), wrong);
    const stream = client.triage.stream({ message: "" });
    await rejects(Array.fromAsync(stream), wrong);
    await rejects(stream.answer, wrong);
    say("no", "never");
    await rejects(client.triage({ message: "x" }), { status: 502, code: "output_invalid" });
    say({ queue: "cards", tags: 7 });
    await rejects(Array.fromAsync(client.triage.stream({ message: "x" })), { code: "output_invalid" });
  });

  test("ends the call where nobody watches it any more, and where it is told to", async () => {
    say(TYPED);
    const stream = client.triage.stream({ message: "x" });
    for await (const _ of stream) break;
    await rejects(stream.answer, /left before its end/);
    await rejects(client.triage({ message: "x" }, { signal: AbortSignal.abort() }), { name: "AbortError" });
  });
});
