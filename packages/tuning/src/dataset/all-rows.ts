import type { ControlClient, DatasetRow, DatasetRowPage, Split } from "@flywheel/protocol";

const PAGE = 1000;

/** Every row of a dataset, or of one of its splits, page after page. */
export async function allRows(api: ControlClient, name: string, split?: Split): Promise<DatasetRow[]> {
  const rows: DatasetRow[] = [];
  let next: number | undefined = 0;
  while (next !== undefined) {
    const query: string = `limit=${PAGE}&offset=${next}${split ? `&split=${split}` : ""}`;
    const page: DatasetRowPage = await api.get<DatasetRowPage>(
      `/api/datasets/${encodeURIComponent(name)}/rows?${query}`,
    );
    rows.push(...page.data);
    next = page.next;
  }
  return rows;
}
