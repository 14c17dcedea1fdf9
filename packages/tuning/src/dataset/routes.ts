import {
  type ControlRoute,
  type Dataset,
  type DatasetList,
  type DatasetRow,
  type DatasetRowPage,
  FlywheelError,
  SPLITS,
} from "@flywheel/protocol";
import { readBuildDataset, readName } from "./input.ts";
import type { DatasetLibrary } from "./library.ts";
import { readRow } from "./read-row.ts";

const MOST_ROWS = 1000;
/** Rows of imports under way, by name: a file is larger than a request may be. */
const MOST_IMPORTED = 1_000_000;

/** `/api/datasets` */
export function datasetRoutes(library: DatasetLibrary): ControlRoute[] {
  const imports = new Map<string, { upload: string; rows: DatasetRow[] }>();
  return [
    {
      method: "GET",
      path: "/api/datasets",
      scope: "admin",
      handle: async (): Promise<DatasetList> => ({ data: await library.list() }),
    },
    {
      method: "POST",
      path: "/api/datasets",
      scope: "admin",
      handle({ body }) {
        const { name, query } = readBuildDataset(body);
        return library.build(name, query);
      },
    },
    {
      method: "GET",
      path: "/api/datasets/builds/:id",
      scope: "admin",
      handle: ({ params }) => library.building(params["id"]!),
    },
    {
      method: "GET",
      path: "/api/datasets/:name",
      scope: "admin",
      handle: ({ params }): Promise<Dataset> => library.find(params["name"]!),
    },
    {
      method: "GET",
      path: "/api/datasets/:name/rows",
      scope: "admin",
      async handle({ params, query }): Promise<DatasetRowPage> {
        return pageOf(await library.rows(params["name"]!), query);
      },
    },
    {
      method: "POST",
      path: "/api/datasets/:name/import",
      scope: "admin",
      async handle({ params, body }) {
        const name = readName(params["name"]);
        const { rows, at, last, upload } = readPiece(body);
        const known = imports.get(name);
        if (at > 0 && (known?.upload !== upload || known.rows.length !== at))
          throw new FlywheelError("conflict", { reason: `The import of ${name} was interrupted, so nothing of it was kept. Begin it again.` }); // prettier-ignore
        const gathered = at > 0 ? known!.rows : [];
        for (const row of rows.map((row, index) => readRow(row, `row ${at + index + 1}`))) gathered.push(row);
        if (gathered.length > MOST_IMPORTED)
          throw new FlywheelError("body_too_large", { limit: `${MOST_IMPORTED} rows or more` });
        if (!last) {
          imports.set(name, { upload, rows: gathered });
          return { received: gathered.length };
        }
        imports.delete(name);
        return library.keep(name, gathered);
      },
    },
  ];
}

/** @param body `at`: how many rows of the same `upload` came before these */
function readPiece(body: unknown): { rows: unknown[]; at: number; last: boolean; upload: string } {
  const { rows = [], at = 0, last = false, upload = "" } = (body ?? {}) as Record<string, unknown>;
  if (!Array.isArray(rows))
    throw new FlywheelError("invalid_request", { reason: "`rows` must be a list." }, { param: "rows" });
  return { rows, at: Number(at), last: last === true, upload: String(upload) };
}

function pageOf(rows: readonly DatasetRow[], query: URLSearchParams): DatasetRowPage {
  const [split, kind] = [query.get("split"), query.get("kind")];
  if (split && !SPLITS.some((one) => one === split))
    throw new FlywheelError(
      "invalid_request",
      { reason: `\`split\` must be one of ${SPLITS.join(", ")}.` },
      { param: "split" },
    );
  const offset = Math.max(0, Number(query.get("offset")) || 0);
  const limit = Math.min(Math.max(1, Number(query.get("limit")) || 100), MOST_ROWS);
  const chosen = rows.filter((row) => (!split || row.split === split) && (!kind || row.kind === kind));
  const data = chosen.slice(offset, offset + limit);
  return offset + limit < chosen.length ? { data, next: offset + limit } : { data };
}
