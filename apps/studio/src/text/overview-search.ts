import { USAGE_GROUPS, type UsageGroup } from "@flywheel/protocol";
import { parsePeriod, type Period } from "./period.ts";

/** The state of the overview, all of it in the address bar. */
export interface OverviewSearch extends Period {
  /** What the table's rows are, and the charts' lines where they are split; models where nothing is said. */
  by?: UsageGroup;
  split?: true;
  /** The period before is drawn unless this is `false`. */
  compare?: false;
  /** Which charts are shown as tables: their ids with commas between. */
  tables?: string;
  /** The same traffic is priced on the models with these words in their names; "" = those asked or at hand. */
  price?: string;
}

export function parseOverviewSearch(search: Record<string, unknown>): OverviewSearch {
  const parsed: OverviewSearch = parsePeriod(search);
  const by = USAGE_GROUPS.find((group) => group === search["by"]);
  if (by) parsed.by = by;
  if (search["split"] === true) parsed.split = true;
  if (search["compare"] === false) parsed.compare = false;
  const { tables, price } = search;
  if (typeof tables === "string" && tables !== "") parsed.tables = tables;
  // Digits alone come out of the address bar as a number.
  if (typeof price === "string" || typeof price === "number") parsed.price = String(price);
  return parsed;
}
