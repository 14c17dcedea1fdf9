import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type BeginHead, type EndHead, type Generation, newId } from "@flywheel/protocol";
import type { WalWriter } from "../src/wal/index.ts";
import { sampleGeneration } from "./sample-generation.ts";

export function beginHead(id: string = newId("gen"), changes: Partial<BeginHead> = {}): BeginHead {
  return {
    id, time: 1_763_800_000_000, project: "default", environment: "dev", key_id: "key_1", operation: "chat",
    dialect: "openai-chat", request_model: "fast", route: "fast", provider: "local", model: "spark", stream: false, ...changes,
  }; // prettier-ignore
}

export function endHead(id: string, changes: Partial<EndHead> = {}): EndHead {
  return {
    id, time: 1_763_800_001_000, status: "ok", http_status: 200, provider: "local", model: "spark", dialect: "openai-chat",
    content_type: "application/json", attempts: [], duration: 1, cache: "off", ...changes,
  }; // prettier-ignore
}

/** Resolves when the begin is recorded. */
export function begin(writer: WalWriter, id: string, body = `request of ${id}`): Promise<void> {
  return new Promise((resolve, reject) =>
    writer.begin(beginHead(id), Buffer.from(body), (error) => (error ? reject(error) : resolve())),
  );
}

export function end(writer: WalWriter, id: string, body = `answer of ${id}`): Promise<void> {
  return new Promise((resolve, reject) =>
    writer.end(endHead(id), [Buffer.from(body)], (error) => (error ? reject(error) : resolve())),
  );
}

export function close(writer: WalWriter): Promise<void> {
  return new Promise((resolve) => writer.close(resolve));
}

/** Records whole generations, and gives their ids. */
export async function generations(writer: WalWriter, count: number, body?: string): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId("gen"));
  await Promise.all(ids.map((id) => begin(writer, id, body)));
  await Promise.all(ids.map((id) => end(writer, id)));
  return ids;
}

/** The row of the records above. A body that says `undecodable` makes none. */
export function toRow(head: BeginHead, request: Uint8Array, ended: EndHead | null, response: Uint8Array): Generation {
  const text = Buffer.from(request).toString();
  if (text.includes("undecodable")) throw new Error("not a request");
  return sampleGeneration({
    id: head.id,
    time: head.time,
    status: ended?.status ?? "interrupted",
    request_body: text,
    response_body: Buffer.from(response).toString(),
  });
}

export function temporaryFolder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "flywheel-wal-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
