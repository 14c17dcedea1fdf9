/** Take `data:<media type>;base64,<data>` apart; any other address stays one. */
export function readUrl(url: string): { url: string } | { data: string; media_type: string } {
  const match = /^data:([^;,]+)(?:;[^;,]+)*;base64,/i.exec(url);
  return match ? { data: url.slice(match[0].length), media_type: match[1]!.toLowerCase() } : { url };
}

export function writeUrl(source: { url?: string; data?: string; media_type?: string }): string {
  return source.url ?? `data:${source.media_type ?? "application/octet-stream"};base64,${source.data ?? ""}`;
}
