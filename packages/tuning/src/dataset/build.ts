import { setImmediate as breathe } from "node:timers/promises";
import {
  type DatasetCounts,
  type DatasetQuery,
  type DatasetRow,
  type DropReason,
  type EventRow,
  FlywheelError,
} from "@flywheel/protocol";
import { type Candidate, candidatesOf, type Exchange, exchangeOf, type Told } from "./candidates.ts";
import { leaveOutTwins, separateSplits, type Placed } from "./likeness.ts";
import { countRows } from "./counts.ts";
import { leaveOutOutliers } from "./outliers.ts";
import { redactRows } from "./pii.ts";
import { lastWords } from "./signals-of-generation.ts";
import { splitOf, userOf } from "./split.ts";
import { capUsers } from "./user-cap.ts";

/** Where a dataset is made from. */
export interface DatasetSource {
  /** Pages of events with signals that match, oldest first. */
  events(query: DatasetQuery): AsyncIterable<EventRow[]>;
  /** Those that exist, whole; asked for at most {@link GENERATIONS_AT_ONCE} at once. */
  generations(ids: readonly string[]): Promise<Told[]>;
  /** All rows of another dataset. Throws `dataset_not_found`. */
  rowsOf(reference: string): Promise<DatasetRow[]>;
}

export interface BuiltDataset {
  /** Sorted by id. */
  rows: DatasetRow[];
  counts: DatasetCounts;
  models: Record<string, number>;
}

/** @param share of the whole work that is done, 0 to 1 */
export type OnProgress = (share: number, phase: string) => void;

const GENERATIONS_AT_ONCE = 100;

/**
 * Makes a dataset: events → what was said last → the generations it was said of → rows → without what must not be in
 * it. The same events and generations give the same rows. Throws `dataset_empty` where nothing is left.
 */
export async function buildDataset(
  source: DatasetSource,
  query: DatasetQuery,
  onProgress: OnProgress = () => {},
): Promise<BuiltDataset> {
  const drops = tally();
  onProgress(0, "reading events");
  const events = await readEvents(source, query, drops.drop);
  const made = await readCandidates(source, query, events.byGeneration, drops.drop, onProgress);
  onProgress(0.7, "redacting");
  const { rows: clean, redactions } = redactRows(made.candidates, query.pii, drops.drop);
  await breathe();

  onProgress(0.75, "comparing");
  const placed: Placed[] = clean
    .filter((one) => hasFairLength(one, query.length_ratio, drops.drop))
    .map((one) => ({ ...one, split: splitOf(userOf(one.row.lineage), query.eval_share, query.holdout_share) }));
  const against = (await Promise.all(query.against.map((reference) => source.rowsOf(reference)))).flat();
  const fair = limitUsers(placed, query.user_share, drops.drop);
  const distinct = await leaveOutTwins(fair, query.near_duplicate, drops.drop);
  await breathe();
  const apart = separateSplits(distinct, against, drops.drop);
  onProgress(0.85, "asking the others");
  const plain = query.outliers === "drop" ? await leaveOutOutliers(apart, drops.drop) : apart;

  onProgress(0.95, "weighing");
  const rows = weigh(plain, query.user_share, drops.drop);
  if (rows.length === 0) throw new FlywheelError("dataset_empty", { reason: whyEmpty(events.count, drops.counts) });
  const counts = await countRows(rows, { events: events.count, redactions, dropped: drops.counts });
  return { rows, counts, models: made.models };
}

function tally() {
  const counts: Partial<Record<DropReason, number>> = {};
  return {
    counts,
    drop: (reason: DropReason, by = 1) => void (by > 0 && (counts[reason] = (counts[reason] ?? 0) + by)),
  };
}

type Drop = ReturnType<typeof tally>["drop"];

async function readEvents(source: DatasetSource, query: DatasetQuery, drop: Drop) {
  const byGeneration = new Map<string, EventRow[]>();
  let count = 0;
  for await (const page of source.events(query)) {
    for (const event of page) {
      count++;
      const agreed = event.consent === "granted" || (query.consent === "not_denied" && event.consent !== "denied");
      if (!agreed) drop("consent");
      else byGeneration.set(event.generation_id, [...(byGeneration.get(event.generation_id) ?? []), event]);
    }
  }
  return { byGeneration, count };
}

async function readCandidates(
  source: DatasetSource,
  query: DatasetQuery,
  byGeneration: ReadonlyMap<string, EventRow[]>,
  drop: Drop,
  onProgress: OnProgress,
): Promise<{ candidates: Candidate[]; models: Record<string, number> }> {
  const candidates: Candidate[] = [];
  const models: Record<string, number> = {};
  const ids = [...byGeneration.keys()];
  for (let at = 0; at < ids.length; at += GENERATIONS_AT_ONCE) {
    onProgress(0.1 + (0.6 * at) / ids.length, "reading generations");
    const some = ids.slice(at, at + GENERATIONS_AT_ONCE);
    const words = new Map(some.map((id) => [id, lastWords(byGeneration.get(id)!)]));
    const others = [...words.values()].flatMap(({ heard }) =>
      heard.flatMap(({ signal }) => (signal.type === "preference" ? [signal.over] : [])),
    );
    const found = await generationsById(source, query, [...new Set([...some, ...others])]);
    for (const [id, { heard, superseded }] of words) {
      drop("superseded", superseded);
      const generation = found.get(id);
      if (!generation) drop("no_generation");
      else if (matches(generation, query)) {
        const exchange = exchangeOf(generation);
        if (typeof exchange === "string") drop(exchange);
        else {
          const wanted = heard.filter(({ signal }) => query.signals?.includes(signal.type) ?? true);
          candidates.push(...candidatesOf(exchange, wanted, exchangeIn(found), query.min_reward, drop));
          models[generation.response_model || generation.provider_model] =
            (models[generation.response_model || generation.provider_model] ?? 0) + 1;
        }
      }
    }
  }
  return { candidates, models };
}

/** Only those of the project: an event can name any id. */
async function generationsById(
  source: DatasetSource,
  { project }: DatasetQuery,
  ids: string[],
): Promise<Map<string, Told>> {
  const found = new Map<string, Told>();
  for (let at = 0; at < ids.length; at += GENERATIONS_AT_ONCE)
    for (const generation of await source.generations(ids.slice(at, at + GENERATIONS_AT_ONCE)))
      if (generation.project === project) found.set(generation.id, generation);
  return found;
}

function exchangeIn(found: ReadonlyMap<string, Told>): (id: string) => Exchange | undefined {
  return (id) => {
    const generation = found.get(id);
    const exchange = generation && exchangeOf(generation);
    return typeof exchange === "object" ? exchange : undefined;
  };
}

function matches(generation: Told, { model, endpoint }: DatasetQuery): boolean {
  const { request_model, provider_model, response_model } = generation;
  if (endpoint !== undefined && request_model !== `endpoint/${endpoint}`) return false;
  return model === undefined || [request_model, provider_model, response_model].includes(model);
}

/** Short answers, labels say, differ in length for good reasons. */
const LONG_ANSWER = 200;

function hasFairLength({ row }: Candidate, most: number, drop: Drop): boolean {
  if (row.kind !== "preference") return true;
  const [short, long] = [row.chosen.length, row.rejected.length].toSorted((a, b) => a - b) as [number, number];
  if (long < LONG_ANSWER || long <= most * short) return true;
  drop("length_ratio");
  return false;
}

/**
 * Nobody has more rows than he may weigh, of those measured on, too; everyone's newest are kept. Before rows are compared:
 * each row of a user can take the place of somebody else's (it is newer), or keep it out of training (it is held out), and
 * what it did stays done where it is left out afterwards.
 */
function limitUsers(placed: readonly Placed[], share: number, drop: Drop): Placed[] {
  const kinds = Map.groupBy(newestFirst(placed), ({ row }) => row.kind);
  return [...kinds.values()].flatMap((rows) => {
    const users = rows.map(({ row }) => ({ user: userOf(row.lineage), weight: 1 }));
    const kept = capUsers(users, share);
    const loud = new Set(users.flatMap(({ user }, i) => (kept[i] === 0 ? [user] : [])));
    drop("user_share", kept.filter((part) => part === 0).length);
    return rows.flatMap((one, i) => (kept[i] === 0 ? [] : [{ ...one, isLoud: loud.has(users[i]!.user) }]));
  });
}

const newestFirst = (placed: readonly Placed[]) =>
  placed.toSorted((a, b) => b.time - a.time || (a.row.id < b.row.id ? -1 : 1));

/** Only what is trained on has weights. They are capped again: others' rows may have been left out since. */
function weigh(placed: readonly Placed[], share: number, drop: Drop): DatasetRow[] {
  const newest = newestFirst(placed);
  const rows = newest.filter(({ split }) => split !== "train").map(toRow);
  for (const kind of ["example", "preference", "rating"] as const) {
    const trained = newest.filter(({ row, split }) => split === "train" && row.kind === kind);
    const kept = capUsers(
      trained.map(({ row }) => ({ user: userOf(row.lineage), weight: row.weight })),
      share,
    );
    for (const [index, one] of trained.entries()) {
      if (kept[index] === 0) drop("user_share");
      else rows.push(toRow({ ...one, row: { ...one.row, weight: round(one.row.weight * kept[index]!) } }));
    }
  }
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const toRow = ({ row, split }: Placed): DatasetRow => ({ split, ...row });
/** So that the last bits of a sum do not make another dataset. */
const round = (weight: number): number => Math.round(weight * 1e6) / 1e6;

function whyEmpty(events: number, dropped: Partial<Record<DropReason, number>>): string {
  if (events === 0) return "no event with a meaning for training matches.";
  const reasons = Object.entries(dropped).map(([reason, count]) => `${reason} ${count}`);
  return `${events} events match${reasons.length > 0 ? `, but were left out: ${reasons.join(", ")}` : ", but none says what to learn"}.`;
}
