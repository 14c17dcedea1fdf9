/** The first value of a header in a name, value, name, value … list; "" when it is not there. `name` in lower case. */
export function headerOf(rawHeaders: readonly string[], name: string): string {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.length === name.length && rawHeaders[i]!.toLowerCase() === name) return rawHeaders[i + 1]!;
  }
  return "";
}
