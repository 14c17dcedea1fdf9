import type { ServerResponse } from "node:http";
import type { DialectId } from "@flywheel/protocol";
import { CASE_NAMES } from "./fixtures/case.ts";
import type { CaseName } from "./fixtures/case.ts";
import { FIXTURES } from "./fixtures/index.ts";

/** Two numbers, as base64 of little-endian floats: what the official client asks for. */
const EMBEDDINGS = JSON.stringify({
  object: "list",
  data: [
    { object: "embedding", index: 0, embedding: Buffer.from(new Float32Array([0.5, -1]).buffer).toString("base64") },
  ],
  model: "embedder",
  usage: { prompt_tokens: 3, total_tokens: 3 },
});

const DEEP = "[".repeat(50_000) + "]".repeat(50_000);

const PATHS: readonly [RegExp, DialectId | "embeddings"][] = [
  [/\/embeddings$/, "embeddings"],
  [/^\/fixtures\/chat\/completions$/, "openai-chat"],
  [/\/responses$/, "openai-responses"],
  [/\/messages$/, "anthropic-messages"],
  [/\/models\/[^/]+:(generateContent|streamGenerateContent\?alt=sse)$/, "gemini"],
];

/** Which dialect a request is in, where the fixtures answer it. */
export function dialectOf(path: string): DialectId | "embeddings" | undefined {
  return PATHS.find(([pattern]) => pattern.test(path))?.[1];
}

/**
 * The model's name chooses: a case; `truncated` and `error-event`, in the middle of a stream; `slow`, event by event;
 * `refused`, status 429; `html`; `deep`, arguments nested 50,000 levels (Gemini). Everything else is the case `text`.
 */
export function playFixture(
  dialect: DialectId | "embeddings",
  path: string,
  request: { model?: string; stream?: boolean },
  res: ServerResponse,
): void {
  if (dialect === "embeddings") return send(res, 200, "application/json", EMBEDDINGS);
  const fixtures = FIXTURES[dialect];
  const model = /\/models\/([^/:]+):/.exec(path)?.[1] ?? request.model ?? "";
  const stream = request.stream === true || path.includes(":streamGenerateContent");
  const { whole, events } = fixtures.cases[CASE_NAMES.includes(model as CaseName) ? (model as CaseName) : "text"];
  if (model === "refused") return send(res, 429, "application/json", JSON.stringify(fixtures.error));
  if (model === "html") return send(res, 200, "text/html", "<!doctype html><title>Sign in</title>");
  if (model === "deep") {
    const body = JSON.stringify(FIXTURES.gemini.cases.tools.whole).replace(/"lines":\[/, `$&${DEEP},`);
    return stream ? send(res, 200, "text/event-stream", `data: ${body}\n\n`) : send(res, 200, "application/json", body);
  }
  if (!stream) return send(res, 200, "application/json", JSON.stringify(whole));
  const cut = events.slice(0, fixtures.endOf(events));
  if (model === "truncated") return send(res, 200, "text/event-stream", cut.join(""));
  if (model === "error-event") return send(res, 200, "text/event-stream", cut.join("") + fixtures.errorEvent);
  if (model !== "slow") return send(res, 200, "text/event-stream", events.join(""));
  res.writeHead(200, { "content-type": "text/event-stream" });
  const left = [...events];
  const timer = setInterval(() => {
    const event = left.shift();
    if (event !== undefined && !res.destroyed) return void res.write(event);
    clearInterval(timer);
    res.end();
  }, 20);
}

function send(res: ServerResponse, status: number, type: string, body: string): void {
  const extra = status === 429 ? { "retry-after": "7" } : {};
  res.writeHead(status, { "content-type": type, "content-length": String(Buffer.byteLength(body)), ...extra });
  res.end(body);
}
