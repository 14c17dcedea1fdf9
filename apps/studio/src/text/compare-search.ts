/** Two generations by id, as the address has them. */
export interface CompareSearch {
  a?: string;
  b?: string;
}

export function parseCompareSearch(search: Record<string, unknown>): CompareSearch {
  const parsed: CompareSearch = {};
  for (const name of ["a", "b"] as const) {
    const value = search[name];
    if (typeof value === "string" && value !== "") parsed[name] = value;
  }
  return parsed;
}
