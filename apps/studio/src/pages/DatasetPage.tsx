import type { Dataset } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { datasetQuery } from "../api/datasets.ts";
import { RowTable } from "../components/datasets/RowTable.tsx";
import { TuneDialog } from "../components/datasets/TuneDialog.tsx";
import { DetailPage } from "../components/shell/DetailPage.tsx";
import { FactList } from "../components/shell/FactList.tsx";
import { useShortcuts } from "../components/shell/shortcuts.ts";
import { oneLine } from "../text/escape.ts";
import { formatCount, formatInstant } from "../text/format.ts";

const route = getRouteApi("/datasets/$name");

/** One version of a dataset: what is in it, what was left out, and what its rows came from. */
export function DatasetPage() {
  const { name } = route.useParams();
  const navigate = useNavigate();
  const query = useQuery(datasetQuery(name));
  const [isTuning, setTuning] = useState(false);
  useShortcuts({
    t: (event) => {
      event.preventDefault();
      setTuning(true);
    },
  });
  return (
    <>
      <DetailPage
        list={{ to: "/datasets", name: "Datasets" }}
        query={query}
        what="dataset's facts"
        label="The dataset"
        title={name}
        actions={
          query.data && (
            <button type="button" className="button primary" aria-keyshortcuts="t" onClick={() => setTuning(true)}>
              Tune <kbd>T</kbd>
            </button>
          )
        }
      >
        {(dataset) => (
          <>
            <Counts dataset={dataset} />
            <RowTable name={name} count={Object.values(dataset.counts.rows).reduce((sum, rows) => sum + rows, 0)} />
          </>
        )}
      </DetailPage>
      <TuneDialog
        open={isTuning}
        dataset={name}
        onClose={() => setTuning(false)}
        onBegun={({ id }) => void navigate({ to: "/jobs/$id", params: { id } })}
      />
    </>
  );
}

/** What the reasons of `DROP_REASONS` say to a person. */
const WHY: Record<string, string> = {
  consent: "no consent",
  superseded: "a later word of the same user",
  no_generation: "the generation is gone",
  not_ok: "the call failed",
  not_text: "not text",
  no_answer: "says nothing to learn from",
  other_prompt: "two prompts in a preference",
  pii: "personal data",
  near_duplicate: "nearly the same as another",
  contradicted: "others said otherwise",
  contaminated: "in an evaluation's data",
  length_ratio: "lengths too unlike",
  user_share: "too much of one user",
  outlier: "unlike what all others say",
};

function Counts({ dataset: { id, created, counts, query, models } }: { dataset: Dataset }) {
  const { rows, splits, dropped } = counts;
  const list = (of: Record<string, number>, name = (key: string) => key) =>
    Object.entries(of)
      .filter(([, count]) => count > 0)
      .map(([key, count]) => `${name(key)} ${formatCount(count)}`)
      .join(" · ");
  const figures: [string, string][] = [
    ["Built", formatInstant(created)],
    ["Of", query ? `${formatCount(counts.events)} events on ${formatCount(counts.generations)} generations of ${formatCount(counts.users)} users` : "an imported file"], // prettier-ignore
    ["Rows", list(rows)],
    ["Splits", list(splits)],
    ["Answered by", list(models) || "–"],
    ["Left out", list(dropped, (reason) => WHY[reason] ?? reason) || "nothing"],
    ["Redactions", formatCount(counts.redactions)],
    ["Heaviest user", `${(100 * counts.largest_user_share).toFixed(1)} % of train`],
    ["Id", id],
  ];
  return <FactList facts={figures.map(([name, value]) => [name, oneLine(value)])} />;
}
