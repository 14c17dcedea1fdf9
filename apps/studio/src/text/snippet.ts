/** The languages a request can be copied as. */
export const SNIPPET_LANGUAGES = ["curl", "TypeScript", "Python"] as const;
export type SnippetLanguage = (typeof SNIPPET_LANGUAGES)[number];

export interface SnippetRequest {
  /** The body as the client sent it. */
  body: string;
  /** Where to send it, up to and with `/v1`. */
  baseUrl: string;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/**
 * A program that sends the request again; the key is read from `$FLYWHEEL_KEY`. TypeScript and Python use the `openai`
 * package. A body that is not a JSON object can only be sent by curl: the others are `null` then.
 */
export function snippet(language: SnippetLanguage, request: SnippetRequest): string | null {
  const body = parseObject(request.body);
  if (language === "curl") return curl(request, body?.["stream"] === true);
  if (body === null) return null;
  return language === "TypeScript" ? typescript(body, request.baseUrl) : python(body, request.baseUrl);
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

function curl({ body, baseUrl }: SnippetRequest, stream: boolean): string {
  const long = new TextEncoder().encode(body).length > MAX_ARGUMENT;
  const lines = [
    `curl ${stream ? "-N " : ""}${baseUrl}/chat/completions`,
    `  -H "authorization: Bearer $FLYWHEEL_KEY"`,
    `  -H 'content-type: application/json'`,
    long
      ? `  --data-binary @- <<'FLYWHEEL_BODY'\n${body}\nFLYWHEEL_BODY`
      : `  --data-raw '${body.replaceAll("'", `'\\''`)}'`,
  ];
  return lines.join(" \\\n");
}

function typescript(body: JsonObject, baseUrl: string): string {
  const stream = body["stream"] === true;
  return [
    `import OpenAI from "openai";`,
    "",
    `const client = new OpenAI({ baseURL: ${JSON.stringify(baseUrl)}, apiKey: process.env.FLYWHEEL_KEY });`,
    "",
    `const ${stream ? "chunks" : "answer"} = await client.chat.completions.create(${objectLiteral(body)});`,
    ...(stream
      ? [`for await (const chunk of chunks) process.stdout.write(chunk.choices[0]?.delta.content ?? "");`]
      : [`console.log(answer.choices[0]?.message.content);`]),
    "",
  ].join("\n");
}

/** JSON is TypeScript, but for one key: in a literal `"__proto__": x` sets the prototype. */
function objectLiteral(body: JsonObject): string {
  return JSON.stringify(body, null, 2)
    .replaceAll(/(?<!\\)"__proto__":/g, `["__proto__"]:`)
    .replaceAll(/^( *)"([A-Za-z_]\w*)":/gm, "$1$2:");
}

function python(body: JsonObject, baseUrl: string): string {
  const stream = body["stream"] === true;
  const { model, messages, stream: _, ...rest } = body;
  const parameters = [
    `    model=${pythonLiteral(model ?? null, 1)},`,
    `    messages=${pythonLiteral(messages ?? null, 1)},`,
    ...(stream ? ["    stream=True,"] : []),
    ...(Object.keys(rest).length > 0 ? [`    extra_body=${pythonLiteral(rest, 1)},`] : []),
  ];
  return [
    "import os",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${JSON.stringify(baseUrl)}, api_key=os.environ["FLYWHEEL_KEY"])`,
    "",
    `${stream ? "chunks" : "answer"} = client.chat.completions.create(`,
    ...parameters,
    ")",
    ...(stream
      ? [
          "for chunk in chunks:",
          "    if chunk.choices:",
          '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
        ]
      : ["print(answer.choices[0].message.content)"]),
    "",
  ].join("\n");
}

function pythonLiteral(value: Json, depth: number): string {
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
