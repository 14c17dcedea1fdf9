import { type Dataset, SPLITS } from "@flywheel/protocol";

/** One line of `flywheel dataset list`. */
export function datasetLine({ name, version, id, created, counts }: Dataset): string {
  const { train, eval: measured, holdout } = counts.splits;
  const day = new Date(created).toISOString().slice(0, 16).replace("T", " ");
  return [
    `${name}@${version}`.padEnd(20),
    id,
    `${train}/${measured}/${holdout}`.padEnd(14),
    `${counts.users} users`,
    day,
  ].join("  ");
}

/** What a person wants to know of a dataset. */
export function datasetLines(dataset: Dataset): string[] {
  const { counts, models, query } = dataset;
  const { example, preference, rating } = counts.rows;
  const dropped = Object.entries(counts.dropped).toSorted(([, a], [, b]) => b - a);
  const facts: [string, string][] = [
    ["dataset", `${dataset.name}@${dataset.version}  ${dataset.id}`],
    ["from", query ? `${counts.events} events on ${counts.generations} generations` : "a file"],
    ["rows", `${example} examples, ${preference} preferences, ${rating} ratings`],
    ["splits", SPLITS.map((split) => `${split} ${counts.splits[split]}`).join(", ")],
    ["users", `${counts.users}, the heaviest ${(100 * counts.largest_user_share).toFixed(1)} % of train`],
    [
      "answered by",
      Object.entries(models)
        .map(([model, count]) => `${model} ${count}`)
        .join(", "),
    ],
    ["left out", dropped.map(([reason, count]) => `${reason} ${count}`).join(", ")],
    ["redacted", counts.redactions > 0 ? String(counts.redactions) : ""],
    ["chosen/rejected", counts.chosen_over_rejected === null ? "" : `${counts.chosen_over_rejected} in length`],
  ];
  return facts.filter(([, text]) => text !== "").map(([name, text]) => `${name.padEnd(16)} ${text}`);
}
