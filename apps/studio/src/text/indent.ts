/**
 * Indents JSON by changing white space only, so that long numbers, repeated keys and escapes stay as they were sent.
 * Text that is not JSON comes back untouched.
 */
export function indentJson(text: string): string {
  const source = text.trim();
  if (!isJson(source)) return text;
  let indented = "";
  let depth = 0;
  const line = (): string => `\n${"  ".repeat(depth)}`;
  for (const [token] of source.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[{]\s*[\]}]|[[\]{},:]|[^\s[\]{},:"]+/gs)) {
    if (token === "{" || token === "[") {
      depth++;
      indented += token + line();
    } else if (token === "}" || token === "]") {
      depth--;
      indented += line() + token;
    } else if (token === ",") indented += token + line();
    else if (token === ":") indented += ": ";
    else indented += /^[[{]/.test(token) ? token.replace(/\s+/, "") : token;
  }
  return indented;
}

/** Server-sent events, one block per event with its data indented. Comments and unknown lines stay. */
export function indentSse(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .trim()
    .split(/\n{2,}/)
    .map((event) => event.split("\n").map(indentSseLine).join("\n"))
    .join("\n\n");
}

/** A raw body as it is best read, by what it looks like. */
export function indentBody(text: string): string {
  return /^\s*(?:data|event|id|retry)?:/.test(text) ? indentSse(text) : indentJson(text);
}

function indentSseLine(line: string): string {
  return line.startsWith("data:") ? `data: ${indentJson(line.slice(5).trim())}` : line;
}

function isJson(text: string): boolean {
  if (!/^[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
