import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type OpenAI from "openai";
import {
  serveLocal,
  type LocalHealth,
  type LocalModelHealth,
  type LocalServer,
  type LocalServerOptions,
} from "../src/server.ts";
import { writeTinyModel, type TinyModel } from "./tiny-model.ts";

const SECRET = "secret-of-the-test";

/** A server with one tiny model, `tiny`, in a folder of its own; both are gone after the test. */
export interface Running {
  server: LocalServer;
  url: string;
  folder: string;
  secret: string;
  /** Sends a chat to `tiny`; the fields given are added to the body. */
  chat: (fields?: object, init?: RequestInit) => Promise<Response>;
  /** As {@link chat}, for an answer that is known to be a completion. */
  complete: (fields?: object) => Promise<OpenAI.ChatCompletion>;
  health: () => Promise<LocalHealth>;
  /** Asks until the one model's health satisfies `test`. */
  until: (test: (model: LocalModelHealth) => boolean) => Promise<LocalModelHealth>;
}

export async function running(
  t: TestContext,
  model: TinyModel = {},
  options: Partial<LocalServerOptions> = {},
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "flywheel-local-"));
  const path = join(folder, "tiny.gguf");
  writeTinyModel(path, model);
  const models = { tiny: { path } };
  const log = () => {};
  const server = await serveLocal({ models, host: "127.0.0.1", port: 0, secret: SECRET, threads: 1, log, ...options });
  t.after(async () => {
    await server.close(0);
    rmSync(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${server.port}`;
  const headers = { authorization: `Bearer ${SECRET}`, "content-type": "application/json" };
  const chat = (fields: object = {}, init: RequestInit = {}) => {
    const body = { model: "tiny", messages: [{ role: "user", content: "hi" }], ...fields };
    return fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify(body), ...init });
  };
  const health = async () => (await (await fetch(`${url}/healthz`, { headers })).json()) as LocalHealth;
  return {
    server,
    url,
    folder,
    secret: SECRET,
    chat,
    async complete(fields) {
      const response = await chat(fields);
      const text = await response.text();
      assert.equal(response.status, 200, text);
      return JSON.parse(text) as OpenAI.ChatCompletion;
    },
    health,
    async until(test) {
      for (let tries = 0; tries < 600; tries++) {
        const [found] = (await health()).models;
        if (found && test(found)) return found;
        await delay(50);
      }
      throw new Error(`never came: ${test.toString()}; last: ${JSON.stringify(await health())}`);
    },
  };
}

/** The events of a whole event stream: parsed objects, and `[DONE]` as it is. */
export function events(text: string): (OpenAI.ChatCompletionChunk | "[DONE]")[] {
  assert.ok(text.endsWith("\n\n"), "an event stream ends with an empty line");
  return text
    .trimEnd()
    .split("\n\n")
    .map((block) => {
      assert.ok(block.startsWith("data: "), block);
      return block === "data: [DONE]" ? "[DONE]" : (JSON.parse(block.slice(6)) as OpenAI.ChatCompletionChunk);
    });
}

/** What OpenAI's clients expect in an error body, with the status. */
export async function problem(
  response: Response,
): Promise<{ status: number; code: string; param: string | null; message: string }> {
  const { error } = (await response.json()) as {
    error: { message: string; type: string; param: string | null; code: string };
  };
  assert.deepEqual(Object.keys(error).toSorted(), ["code", "message", "param", "type"]);
  return { status: response.status, code: error.code, param: error.param, message: error.message };
}
