import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "./targets.ts";

/** One kind of traffic. */
export interface Workload {
  id: string;
  says: string;
  model: "bench" | "paced";
  stream: boolean;
  connections: number;
  /** Requests a second; 0 = each connection asks as soon as it is answered. */
  rate: number;
  /** Bytes of the prompt. */
  prompt: number;
  /** Every fifth request is not streamed. */
  mixed?: true;
}

export const WORKLOADS: readonly Workload[] = [
  { id: "W1", says: "small, 32 connections", model: "bench", stream: false, connections: 32, rate: 0, prompt: 120 },
  { id: "W2", says: "small, 1 connection", model: "bench", stream: false, connections: 1, rate: 0, prompt: 120 },
  { id: "W4", says: "53 events at once, 16 connections", model: "bench", stream: true, connections: 16, rate: 0, prompt: 120 }, // prettier-ignore
  { id: "W5", says: "53 events, one every 5 ms, 150 streams/s", model: "paced", stream: true, connections: 120, rate: 150, prompt: 120 }, // prettier-ignore
  { id: "W6", says: "106 KB prompt, 8 connections", model: "bench", stream: false, connections: 8, rate: 0, prompt: 106_000 }, // prettier-ignore
];

/** Events of a stream: 50 with text, one that ends it, usage, `[DONE]`. */
export const EVENTS = 53;

/** The bytes of a workload's request to a target, in a file. */
export function requestFile(folder: string, target: Target, workload: Workload, stream = workload.stream): string {
  const words = 'The card I ordered "last week" has not come.\n'.repeat(Math.ceil(workload.prompt / 45));
  const body = JSON.stringify({
    model: target.model(workload.model),
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: words.slice(0, workload.prompt) },
    ],
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  });
  const headers = {
    host: `127.0.0.1:${target.port}`,
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "OpenAI/JS 7.57.0",
    "x-stainless-lang": "js",
    "x-stainless-runtime": "node",
    "x-stainless-retry-count": "0",
    "x-stainless-timeout": "600",
    ...target.headers,
    "content-length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const path = join(folder, `${target.name.replace(/\W+/g, "-")}-${workload.id}-${stream ? "stream" : "whole"}.http`);
  writeFileSync(path, `POST /v1/chat/completions HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
  return path;
}
