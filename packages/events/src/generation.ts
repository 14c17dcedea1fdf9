/** How an answer is named to the server: by its token, which proves that it was shown here, or from a server by its id. */
export type Generation = string;

/** The name of an answer that `fetch` got; `undefined` where it did not come from Flywheel. */
export function generationOf({ headers }: { headers: { get(name: string): string | null } }): Generation | undefined {
  return headers.get("flywheel-generation-token") ?? headers.get("flywheel-generation-id") ?? undefined;
}
