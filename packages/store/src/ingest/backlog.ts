import { statSync } from "node:fs";
import { type Damage, listSegments, readSegment, RECORD_KIND, type Segment, type WalRecord } from "../wal/index.ts";
import type { Journal } from "./journal.ts";
import { createOpenBegins, type OpenBegins } from "./open-begins.ts";
import { MAX_RAW_BYTES, MAX_ROWS, type Plan } from "./plan.ts";

/** A segment that is not finished: parts of it are still to be read, or to become rows. */
export interface TrackedSegment extends Segment {
  /** Bytes before this were read, */
  readTo: number;
  /** and in an earlier life the `end`s before this were planned, */
  plannedTo: number;
  /** of which these inserts were not acknowledged. */
  replays: Plan[];
  /** Begins, by offset, that are rows although no `end` here says so. */
  joined: ReadonlySet<number>;
  /** Its writer may still append to it. */
  growing: boolean;
  /** Nothing is left to read, and nothing will come. */
  complete: boolean;
  /** All of it is surely on the disk. */
  synced: boolean;
}

/** The next insert to make. */
export interface Proposal {
  plan: Plan;
  /** Where the planned part of the segment ends then; absent where it stays. */
  to?: number;
  /** Already in the journal. */
  replayed: boolean;
  /** More is waiting behind it. */
  full: boolean;
}

/** Something that can never become a row. */
export interface Unusable {
  segment: TrackedSegment;
  offset: number;
  end: number;
  reason: string;
  /** Absent where the bytes are not even a record. */
  record?: WalRecord;
}

export interface BacklogOptions {
  dir: string;
  journal: Journal;
  isAlive: (writer: string) => boolean;
  onUnusable: (what: Unusable) => void;
}

/**
 * What the write-ahead log holds that is not a row yet. Kept in memory: one small entry per open `begin`, no bodies.
 * A new one knows from the journal and the segments what an old one knew; that is all there is to recovery.
 */
export interface Backlog {
  begins: OpenBegins;
  /** Look for new segments and for writers that have died. */
  refresh(): void;
  segment(name: string): TrackedSegment | undefined;
  segments(): TrackedSegment[];
  /** Read on, and propose at most one insert per writer, so that none waits for another's backlog. */
  propose(): Generator<Proposal>;
  /** Inserts for what dead writers began and never ended. Only when nothing else is left of them. */
  proposeInterrupted(): Generator<Proposal>;
  /** Forget a segment that is finished. */
  untrack(segment: TrackedSegment): void;
  /** How many generations are not rows yet; about, as far as they were not read. */
  pending(): number;
}

export function createBacklog({ dir, journal, isAlive, onUnusable }: BacklogOptions): Backlog {
  const tracked = new Map<string, TrackedSegment>();
  const begins = createOpenBegins();
  let finished = new Set(journal.finished().keys());
  /** Writers found dead before their segments were listed: what they wrote is all there. */
  let dead = new Set<string>();
  let known = new Set<string>();
  /** What was read so far; one to begin with, so that there is a mean. */
  const seen = { bytes: 4096, generations: 1 };

  function refresh(): void {
    dead = new Set([...known].filter((writer) => !isAlive(writer)));
    const listed = listSegments(dir);
    known = new Set(listed.map(({ writer }) => writer));
    finished = finished.intersection(new Set(listed.map(({ name }) => name)));
    for (const [index, segment] of listed.entries()) {
      if (finished.has(segment.name)) continue;
      const followed = listed[index + 1]?.writer === segment.writer;
      const entry = tracked.get(segment.name) ?? track(segment);
      entry.growing = !followed && !dead.has(segment.writer);
    }
  }

  function track(segment: Segment): TrackedSegment {
    const { name } = segment;
    const replays = journal.plans().filter((plan) => plan.segment === name && plan.kind === "ends");
    const joined = journal.joinedIn(name);
    const plannedTo = journal.plannedTo(name);
    const entry = { ...segment, readTo: 0, plannedTo, replays, joined, growing: true, complete: false, synced: false };
    tracked.set(name, entry);
    return entry;
  }

  function readOn(segment: TrackedSegment): Proposal | undefined {
    const { growing, path, name, plannedTo } = segment;
    if (growing && statSync(path).size <= segment.readTo) return undefined;
    const batch = { first: -1, last: -1, to: 0, rows: 0, bytes: 0 };
    for (const item of readSegment(path, segment.readTo, growing)) {
      if (item.type === "tail") break;
      segment.readTo = item.end;
      const bytes = take(segment, item);
      if (segment.replays[0] && segment.replays[0].last < item.end) return replay(segment);
      if (bytes === 0 || item.offset < plannedTo) continue;
      if (batch.rows === 0) batch.first = item.offset;
      batch.last = item.offset;
      batch.to = item.end;
      batch.bytes += bytes;
      if (++batch.rows === MAX_ROWS || batch.bytes >= MAX_RAW_BYTES) return proposal(name, batch, true);
    }
    if (segment.replays.length > 0) return replay(segment);
    segment.complete = !growing;
    return batch.rows > 0 ? proposal(name, batch, !growing) : undefined;
  }

  /** Takes in one piece of a segment; gives the raw bytes of the generation it completes, 0 where it completes none. */
  function take(segment: TrackedSegment, item: WalRecord | Damage): number {
    const { offset, end } = item;
    const unusable = (reason: string, record?: WalRecord) => {
      if (offset >= segment.plannedTo) onUnusable({ segment, offset, end, reason, record });
      return 0;
    };
    if (item.type !== "record") return unusable("the bytes fail their checksum");
    const id = idOf(item);
    if (id === undefined) return unusable("its head names no generation", item);
    if (item.kind === RECORD_KIND.begin) {
      if (!segment.joined.has(offset)) begins.add({ id, segment: segment.name, offset, bytes: end - offset });
      return 0;
    }
    const begin = begins.get(id);
    if (!begin) return unusable("the record of its beginning is missing or damaged", item);
    if (begin.end) return unusable("the generation has a second end", item);
    if (isSettled(segment, offset)) {
      begins.remove(begin);
      return 0;
    }
    begin.end = { segment: segment.name, offset };
    const bytes = begin.bytes + end - offset;
    seen.bytes += bytes;
    seen.generations++;
    return bytes;
  }

  function unreadBytes(): number {
    let unread = 0;
    for (const { name, path } of listSegments(dir)) {
      const size = finished.has(name) ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
      unread += Math.max(0, size - (tracked.get(name)?.readTo ?? 0));
    }
    return unread;
  }

  function* propose(): Generator<Proposal> {
    const served = new Set<string>();
    for (const segment of tracked.values()) {
      if (segment.complete || served.has(segment.writer)) continue;
      const proposal = readOn(segment);
      // Where there was nothing to insert, reading goes on in the writer's next segment at once.
      if (proposal || !segment.complete) served.add(segment.writer);
      if (proposal) yield proposal;
    }
  }

  function* proposeInterrupted(): Generator<Proposal> {
    for (const writer of dead) {
      const segments = [...tracked.values()].filter((segment) => segment.writer === writer);
      if (segments.every(({ complete }) => complete)) for (const { name } of segments) yield* interruptedIn(name);
    }
  }

  function* interruptedIn(segment: string): Generator<Proposal> {
    const replays = journal.plans().filter((plan) => plan.segment === segment && plan.kind === "interrupted");
    for (const plan of replays) yield { plan, replayed: true, full: true };
    const open = begins.in(segment);
    while (open.length > 0) {
      const batch = open.splice(0, countWithin(open.map(({ bytes }) => bytes)));
      const plan: Plan = { segment, kind: "interrupted", first: batch[0]!.offset, last: batch.at(-1)!.offset };
      yield { plan, replayed: false, full: open.length > 0 };
    }
  }

  return {
    begins,
    refresh,
    segment: (name) => tracked.get(name),
    segments: () => [...tracked.values()],
    propose,
    proposeInterrupted,
    untrack({ name }) {
      tracked.delete(name);
      finished.add(name);
    },
    pending: () => begins.size + Math.floor((unreadBytes() * seen.generations) / seen.bytes),
  };
}

function replay(segment: TrackedSegment): Proposal {
  return { plan: segment.replays.shift()!, replayed: true, full: true };
}

function proposal(
  segment: string,
  { first, last, to }: { first: number; last: number; to: number },
  full: boolean,
): Proposal {
  return { plan: { segment, kind: "ends", first, last }, to, replayed: false, full };
}

/** Whether the `end` at `offset` has become a row in an earlier life. */
function isSettled({ plannedTo, replays }: TrackedSegment, offset: number): boolean {
  return offset < plannedTo && !replays.some(({ first, last }) => first <= offset && offset <= last);
}

function countWithin(sizes: readonly number[]): number {
  let bytes = 0;
  let count = 0;
  while (count < sizes.length && count < MAX_ROWS && bytes < MAX_RAW_BYTES) bytes += sizes[count++]!;
  return count;
}

function idOf(record: WalRecord): string | undefined {
  try {
    const { id } = JSON.parse(record.head.toString()) as { id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}
