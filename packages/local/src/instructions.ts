import type { ChatMessage, ChatRequest, Tool } from "./request.ts";
import { CALL_END, CALL_START } from "./tools.ts";

type Instructed = Pick<ChatRequest, "messages" | "tools" | "toolChoice" | "schema" | "schemaSaid">;

/**
 * What a request asks besides its messages, in words, after its own system message. Spark is trained on these very lines
 * (`models/spark/card.md`), and instruction-tuned models understand them; a grammar holds those to it that do not.
 */
export function instructed({ messages, tools, toolChoice, schema, schemaSaid }: Instructed): ChatMessage[] {
  const lines: string[] = [];
  if (tools.length > 0 && toolChoice !== "none") lines.push(TOOLS, ...tools.map(describe));
  if (schema !== undefined && schemaSaid) lines.push(`${SCHEMA}\n${JSON.stringify(schema)}`);
  if (lines.length === 0) return messages;
  const [first, ...rest] = messages;
  const said = lines.join("\n");
  if (first?.role === "system") return [{ role: "system", text: `${first.text}\n${said}` }, ...rest];
  return [{ role: "system", text: said }, ...messages];
}

const TOOLS = `You can call these tools. To call one, answer only with ${CALL_START}{"name":…,"arguments":{…}}${CALL_END}.`;
const SCHEMA = "Answer only with JSON that matches this schema:";

function describe({ name, description, parameters }: Tool): string {
  return JSON.stringify({ name, ...(description !== undefined && { description }), parameters });
}
