import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { datasetsQuery } from "../api/datasets.ts";
import { NewDatasetDialog } from "../components/datasets/NewDatasetDialog.tsx";
import { Empty } from "../components/shell/Empty.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useRowKeys } from "../components/shell/row-keys.ts";
import { useShortcuts } from "../components/shell/shortcuts.ts";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";
import { formatCount, formatTime } from "../text/format.ts";
import { GridHead } from "../components/shell/GridHead.tsx";

const route = getRouteApi("/datasets");

/** Datasets and their versions, the newest first. */
export function DatasetsPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const query = useQuery(datasetsQuery);
  const { data } = query;
  const datasets = (data?.data ?? []).toSorted((a, b) => b.created - a.created);
  const go = (part: { new?: true }) => void navigate({ to: "/datasets", search: part, replace: true });
  useTitle("Datasets");
  useRowKeys(datasets.map(({ id, name }) => `${name} ${id}`));
  useShortcuts({
    n: (event) => {
      event.preventDefault();
      go({ new: true });
    },
  });
  return (
    <div className="page">
      <div className="toolbar">
        <h1 className="page-title">Datasets</h1>
        <button type="button" className="button primary" aria-keyshortcuts="n" onClick={() => go({ new: true })}>
          New dataset <kbd>N</kbd>
        </button>
      </div>
      <Pending query={query} what="datasets" />
      {data && datasets.length === 0 && <NoDatasets />}
      {datasets.length > 0 && (
        <div className="scroller" tabIndex={0} role="group" aria-label="List of datasets">
          <table className="grid">
            <GridHead
              columns={[
                "Dataset",
                ["Examples", "number"],
                ["Preferences", "number wide"],
                ["Users", "number"],
                ["Held out", "number wide"],
                ["Built", "wide"],
              ]}
            />
            <tbody>
              {datasets.map(({ id, name, version, counts, created }) => (
                <tr key={`${name} ${id}`}>
                  <th scope="row">
                    <Link to="/datasets/$name" params={{ name: `${name}@${version}` }} id={`${name} ${id}`}>
                      {oneLine(`${name}@${version}`)}
                    </Link>
                  </th>
                  <td className="number">{formatCount(counts.rows.example)}</td>
                  <td className="number wide">{formatCount(counts.rows.preference)}</td>
                  <td className="number">{formatCount(counts.users)}</td>
                  <td className="number wide">{formatCount(counts.splits.holdout)}</td>
                  <td className="wide">{formatTime(created)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <NewDatasetDialog
        open={search.new === true}
        onClose={() => go({})}
        onBuilt={({ name, version }) =>
          void navigate({ to: "/datasets/$name", params: { name: `${name}@${version}` } })
        }
      />
    </div>
  );
}

const NoDatasets = () => (
  <Empty title="No datasets yet" command="flywheel dataset build --name first">
    What users do with answers (edits, thumbs, choices) becomes rows to learn from. Build one here, or with
  </Empty>
);
