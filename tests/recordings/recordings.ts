import { globSync, readFileSync } from "node:fs";
import type { DialectId } from "@flywheel/protocol";

/** One recorded successful answer in a dialect of ours. */
export interface Recording {
  name: string;
  dialect: DialectId;
  /** Parsed request body; `undefined` where none was kept. */
  request: unknown;
  stream: boolean;
  body: string;
}

interface Interaction {
  request: { uri: string; method: string; body: unknown };
  response: { status: number | { code: number }; content_type: string; body: unknown };
}

const URIS: readonly [RegExp, DialectId][] = [
  [/\/chat\/completions(#stream)?$/, "openai-chat"],
  [/\/responses$/, "openai-responses"],
  [/\/messages$/, "anthropic-messages"],
  [/:(generateContent|streamGenerateContent)$/, "gemini"],
];

/** The recordings of `<folder>/*.jsonl`: requests and answers as they were. */
export function readInteractions(folder: string): Recording[] {
  return globSync("*.jsonl", { cwd: folder }).flatMap((file) =>
    readFileSync(`${folder}/${file}`, "utf8")
      .split("\n")
      .filter(Boolean)
      .flatMap((line) => {
        const { source, interactions } = JSON.parse(line) as { source: string; interactions: Interaction[] };
        return interactions.flatMap((interaction, index) => readOne(interaction, `${source}#${index}`) ?? []);
      }),
  );
}

function readOne({ request, response }: Interaction, name: string): Recording | undefined {
  const status = typeof response.status === "object" ? response.status.code : response.status;
  const dialect = URIS.find(([pattern]) => pattern.test(request.uri.split("?")[0]!))?.[1];
  if (dialect === undefined || request.method !== "POST" || status !== 200) return undefined;
  const body = typeof response.body === "string" ? response.body : JSON.stringify(response.body);
  const stream = response.content_type?.includes("event-stream") ?? false;
  // One is not JSON, and one was put off to be asked for later.
  if (!stream && (parsed(body) === undefined || body.includes('"status":"queued"'))) return undefined;
  return { name, dialect, request: parsed(request.body), stream, body };
}

function parsed(body: unknown): unknown {
  try {
    return typeof body === "string" ? (JSON.parse(body) as unknown) : body;
  } catch {
    return undefined;
  }
}

const FOLDERS: readonly [pattern: string, dialect: DialectId][] = [
  ["anthropic/*", "anthropic-messages"],
  ["google/google-{text,reasoning,tool-call}*", "gemini"],
  ["{openai,azure,xai,open-responses}/responses/**", "openai-responses"],
  ["openai/chat/*", "openai-chat"],
  ["{alibaba,deepseek,groq,mistral,moonshotai,openai-compatible,perplexity}/**", "openai-chat"],
  ["xai/xai-*", "openai-chat"],
];

/** Made up by hand: its pieces and the whole it ends with are two different texts. */
const CONTRADICTORY = "openai/responses/openai-shell-container.1.chunks.txt";

/** The fixtures of `<folder>/vercel-ai`: answers only, streams without their framing, which is put back. */
export function readFixtures(folder: string): Recording[] {
  return FOLDERS.flatMap(([pattern, dialect]) =>
    globSync(pattern, { cwd: `${folder}/vercel-ai` })
      .filter((file) => /\.(json|chunks\.txt)$/.test(file) && file !== CONTRADICTORY)
      .toSorted()
      .flatMap((name) => {
        const text = readFileSync(`${folder}/vercel-ai/${name}`, "utf8");
        const stream = name.endsWith(".txt");
        const body = stream
          ? text
              .split("\n")
              .filter(Boolean)
              .map((data) => `data: ${data}\n\n`)
              .join("")
          : text;
        return isAnswer(text, stream) ? { name, dialect, request: undefined, stream, body } : [];
      }),
  );
}

/** Errors, lists, and streams made up to break readers lie among the answers. */
function isAnswer(text: string, stream: boolean): boolean {
  if (stream) {
    const lines = text.split("\n").filter(Boolean);
    const starts = new Set(text.match(/"type":"message_start","message":\{[^{}]*"id":"\w+"/g));
    const spliced = starts.size > 1 && text.match(/"type":"message_stop"/g)?.length === 1;
    return lines.every((line) => parsed(line) !== undefined) && !spliced && !text.includes('"type":"response.failed"');
  }
  const body = JSON.parse(text) as Record<string, unknown>;
  return ["choices", "candidates", "output", "content"].some((name) => Array.isArray(body[name]));
}
