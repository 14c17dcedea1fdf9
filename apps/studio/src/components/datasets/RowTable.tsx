import type { DatasetRow } from "@flywheel/protocol";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { datasetRowsQuery } from "../../api/datasets.ts";
import { oneLine } from "../../text/escape.ts";
import { formatCount } from "../../text/format.ts";
import { GridHead } from "../shell/GridHead.tsx";

interface RowTableProps {
  /** The dataset's `name@version`. */
  name: string;
  /** How many rows it has. */
  count: number;
}

/** What a dataset teaches, row by row, each with the generation it came from. */
export function RowTable({ name, count }: RowTableProps) {
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(datasetRowsQuery(name));
  const rows = (data?.pages ?? []).flatMap((page) => page.data);
  return (
    <>
      <table className="grid dataset-rows">
        <GridHead
          columns={["Asked", "Wished for", ["Kind", "wide short"], ["Split", "wide short"], ["From", "short"]]}
        />
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.kind} ${row.id}`} row={row} />
          ))}
        </tbody>
      </table>
      {error && <p className="problem">{error.message}</p>}
      {hasNextPage && (
        <p className="more-rows">
          <span className="note">
            {formatCount(rows.length)} of {formatCount(count)} rows
          </span>
          <button type="button" className="button small" disabled={isFetching} onClick={() => void fetchNextPage()}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}

function Row({ row }: { row: DatasetRow }) {
  const asked = oneLine(row.messages.at(-1)?.content ?? "");
  const answer = oneLine(wished(row));
  return (
    <tr>
      <th scope="row" title={asked}>
        {asked}
      </th>
      <td title={answer}>{answer}</td>
      <td className="wide">{row.kind}</td>
      <td className="wide">{row.split}</td>
      <td>
        {row.lineage.generation_ids.slice(0, 1).map((id) => (
          <Link key={id} to="/logs/$id" params={{ id }}>
            …{id.slice(-6)}
          </Link>
        ))}
      </td>
    </tr>
  );
}

const wished = (row: DatasetRow): string => {
  if (row.kind === "preference") return `${row.chosen} rather than ${row.rejected}`;
  if (row.kind === "rating") return `${row.desirable ? "" : "not "}${row.completion}`;
  return row.completion;
};
