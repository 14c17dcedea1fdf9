/** A JSON value out of what a model said; some put it into a code block, or words around it. */
export function readOutput(text: string): { value: unknown } | undefined {
  for (const candidate of [text, fenced(text), braced(text)]) {
    const value = candidate === undefined ? undefined : parse(candidate);
    if (value) return value;
  }
  return undefined;
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const fenced = (text: string) => /```(?:json)?\s*\n([\s\S]*?)\n\s*```/.exec(text)?.[1];

function braced(text: string): string | undefined {
  const [start, end] = [text.search(/[{[]/), Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"))];
  return start < 0 || end < start ? undefined : text.slice(start, end + 1);
}
