import type { Json, JsonObject } from "./json.ts";

/** The languages a request can be copied as. */
export const SNIPPET_LANGUAGES = ["curl", "TypeScript", "Python"] as const;
export type SnippetLanguage = (typeof SNIPPET_LANGUAGES)[number];

export interface SnippetRequest {
  /** The body as the client sent it. */
  body: string;
  /** Where to send it, up to and with `/v1`. */
  baseUrl: string;
  /** Which operation of the API it is. */
  path?: ApiPath;
}

export type ApiPath = "/chat/completions" | "/responses" | "/embeddings" | "/messages";

/** How the SDKs call an operation, and where the text of an answer and of a chunk is. */
interface Operation {
  /** In both languages: the method, and what to print of a whole answer. */
  method: string;
  /** Arguments that Python's method names; the rest goes in `extra_body`. */
  named: string[];
  printed: { TypeScript: string; Python: string };
  /** What to print of a chunk, and when. */
  chunk: { TypeScript: string; Python: string[] };
}

const OPERATIONS: Record<ApiPath, Operation> = {
  "/chat/completions": {
    method: "chat.completions.create",
    named: ["model", "messages"],
    printed: {
      TypeScript: "answer.choices[0]?.message.content",
      Python: "answer.choices[0].message.content",
    },
    chunk: {
      TypeScript: 'process.stdout.write(chunk.choices[0]?.delta.content ?? "")',
      Python: ["if chunk.choices:", '    print(chunk.choices[0].delta.content or "", end="", flush=True)'],
    },
  },
  "/responses": {
    method: "responses.create",
    named: ["model", "input"],
    printed: { TypeScript: "answer.output_text", Python: "answer.output_text" },
    chunk: {
      TypeScript: 'if (chunk.type === "response.output_text.delta") process.stdout.write(chunk.delta)',
      Python: ['if chunk.type == "response.output_text.delta":', '    print(chunk.delta, end="", flush=True)'],
    },
  },
  "/embeddings": {
    method: "embeddings.create",
    named: ["model", "input"],
    printed: { TypeScript: "answer.data[0]?.embedding", Python: "answer.data[0].embedding" },
    chunk: { TypeScript: "console.log(chunk)", Python: ["print(chunk)"] },
  },
  "/messages": {
    method: "messages.create",
    named: ["model", "messages", "max_tokens"],
    printed: { TypeScript: "answer.content", Python: "answer.content" },
    chunk: {
      TypeScript:
        'if (chunk.type === "content_block_delta" && chunk.delta.type === "text_delta") process.stdout.write(chunk.delta.text)',
      Python: [
        'if chunk.type == "content_block_delta" and chunk.delta.type == "text_delta":',
        '    print(chunk.delta.text, end="", flush=True)',
      ],
    },
  },
};

/** Anthropic's package adds `/v1` by itself. */
function clientOf(path: ApiPath, baseUrl: string) {
  return path === "/messages"
    ? { package: "anthropic", npm: "@anthropic-ai/sdk", name: "Anthropic", url: baseUrl.replace(/\/v1$/, "") }
    : { package: "openai", npm: "openai", name: "OpenAI", url: baseUrl };
}

/** The operation that a logged request was. */
export function pathOf(dialect: string, operation: string): ApiPath {
  if (operation === "embeddings") return "/embeddings";
  if (dialect === "anthropic-messages") return "/messages";
  return dialect === "openai-responses" ? "/responses" : "/chat/completions";
}

/**
 * A program that sends the request again; the key is read from `$FLYWHEEL_KEY`. TypeScript and Python use the package `openai`,
 * or `anthropic` for its own dialect. A body that is not a JSON object can only be sent by curl: the others are `null` then.
 */
export function snippet(language: SnippetLanguage, request: SnippetRequest): string | null {
  const body = parseObject(request.body);
  const { baseUrl, path = "/chat/completions" } = request;
  if (language === "curl") return curl({ body: request.body, url: baseUrl + path, stream: body?.["stream"] === true });
  if (body === null) return null;
  return language === "TypeScript" ? typescript(body, request) : python(body, request);
}

function parseObject(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Linux allows 128 KiB in one argument; longer bodies go through a here-document. */
const MAX_ARGUMENT = 100_000;

/** A `curl` command that posts a body; with `stream` it shows what comes at once. */
export function curl({ body, url, stream = false }: { body: string; url: string; stream?: boolean }): string {
  const long = new TextEncoder().encode(body).length > MAX_ARGUMENT;
  const lines = [
    `curl ${stream ? "-N " : ""}${url}`,
    `  -H "authorization: Bearer $FLYWHEEL_KEY"`,
    `  -H 'content-type: application/json'`,
    long
      ? `  --data-binary @- <<'FLYWHEEL_BODY'\n${body}\nFLYWHEEL_BODY`
      : `  --data-raw '${body.replaceAll("'", `'\\''`)}'`,
  ];
  return lines.join(" \\\n");
}

function typescript(body: JsonObject, { baseUrl, path = "/chat/completions" }: SnippetRequest): string {
  const stream = body["stream"] === true;
  const { npm, name, url } = clientOf(path, baseUrl);
  const { method, printed, chunk } = OPERATIONS[path];
  return [
    `import ${name} from "${npm}";`,
    "",
    `const client = new ${name}({ baseURL: ${JSON.stringify(url)}, apiKey: process.env.FLYWHEEL_KEY });`,
    "",
    `const ${stream ? "chunks" : "answer"} = await client.${method}(${objectLiteral(body)});`,
    ...(stream ? [`for await (const chunk of chunks) ${chunk.TypeScript};`] : [`console.log(${printed.TypeScript});`]),
    "",
  ].join("\n");
}

/** JSON is TypeScript, but for one key: in a literal `"__proto__": x` sets the prototype. */
export function objectLiteral(body: Json): string {
  return JSON.stringify(body, null, 2)
    .replaceAll(/(?<!\\)"__proto__":/g, `["__proto__"]:`)
    .replaceAll(/^( *)"([A-Za-z_]\w*)":/gm, "$1$2:");
}

function python(body: JsonObject, { baseUrl, path = "/chat/completions" }: SnippetRequest): string {
  const { package: module, name, url } = clientOf(path, baseUrl);
  const { method, named, printed, chunk } = OPERATIONS[path];
  const stream = body["stream"] === true;
  const rest = Object.fromEntries(Object.entries(body).filter(([key]) => key !== "stream" && !named.includes(key)));
  const parameters = [
    ...named.map((key) => `    ${key}=${pythonLiteral(body[key] ?? null, 1)},`),
    ...(stream ? ["    stream=True,"] : []),
    ...(Object.keys(rest).length > 0 ? [`    extra_body=${pythonLiteral(rest, 1)},`] : []),
  ];
  return [
    "import os",
    `from ${module} import ${name}`,
    "",
    `client = ${name}(base_url=${JSON.stringify(url)}, api_key=os.environ["FLYWHEEL_KEY"])`,
    "",
    `${stream ? "chunks" : "answer"} = client.${method}(`,
    ...parameters,
    ")",
    ...(stream ? ["for chunk in chunks:", ...chunk.Python.map((line) => `    ${line}`)] : [`print(${printed.Python})`]),
    "",
  ].join("\n");
}

export function pythonLiteral(value: Json, depth: number): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return pythonString(value);
  if (typeof value === "number") return String(value);
  if (Array.isArray(value))
    return bracket(
      "[",
      value.map((item) => pythonLiteral(item, depth + 1)),
      "]",
      depth,
    );
  const entries = Object.entries(value).map(([key, item]) => `${pythonString(key)}: ${pythonLiteral(item, depth + 1)}`);
  return bracket("{", entries, "}", depth);
}

/** JSON's escapes are Python's too, but for DEL and C1 controls, which both may hold raw. */
function pythonString(text: string): string {
  return JSON.stringify(text);
}

function bracket(open: string, items: string[], close: string, depth: number): string {
  if (items.length === 0) return open + close;
  const indent = "    ".repeat(depth);
  return `${open}\n${items.map((item) => `${indent}    ${item},\n`).join("")}${indent}${close}`;
}
