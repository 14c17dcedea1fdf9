import { rmSync, statSync } from "node:fs";
import { listSegments, readSegment, RECORD_KIND } from "../wal/index.ts";
import type { Journal } from "./journal.ts";

/** Where a record stands. */
export interface Place {
  segment: string;
  offset: number;
  bytes: number;
}

/** An `end` that is not a row yet, with its `begin` (`undefined` where that one was damaged). */
export interface Ending {
  end: Place;
  begin: Place | undefined;
}

export interface SegmentState {
  name: string;
  path: string;
  writer: string;
  sequence: number;
  /** Read up to here. */
  next: number;
  /** Nothing will be appended any more, and all of it was read. */
  sealed: boolean;
  /** In the order of the file. */
  endings: Ending[];
  /** Records that cannot be read and were not reported yet. */
  damaged: Place[];
}

/** Everything in the write-ahead log that may still have to become a row, by places: no body is kept in memory. */
export interface Backlog {
  /** Read what was appended since the last call. */
  refresh(): void;
  /** By writer, and in the order they were written. */
  segments(): SegmentState[];
  /** Begins without an end, of writers that are gone and read to the end: by place. */
  abandoned(): Place[];
  /** These have become rows. */
  settleAbandoned(begins: readonly Place[]): void;
  /** How many records wait to become rows. */
  pending(): number;
  /** Delete segments of which everything has become a row and that were last written before `time`; gives their names. */
  deleteOlder(time: number): string[];
}

export function readBacklog(dir: string, journal: Journal, isAlive: (writer: string) => boolean): Backlog {
  const segments = new Map<string, SegmentState>();
  /** Per writer: begins whose end has not been seen, by generation id. */
  const open = new Map<string, Map<string, Place>>();
  const gone = new Set<string>();

  function discover(): void {
    for (const segment of listSegments(dir)) {
      if (segments.has(segment.name)) continue;
      segments.set(segment.name, { ...segment, next: 0, sealed: false, endings: [], damaged: [] });
      if (!open.has(segment.writer)) open.set(segment.writer, new Map());
    }
  }

  function inOrder(): SegmentState[] {
    return [...segments.values()].sort((a, b) => (a.writer === b.writer ? a.sequence - b.sequence : a.writer < b.writer ? -1 : 1));
  }

  function refresh(): void {
    // Whether a writer lives is asked before its files are listed and read: what a dead one wrote is all there.
    const dead = [...open.keys()].filter((writer) => !isAlive(writer));
    discover();
    const ordered = inOrder();
    for (const [index, segment] of ordered.entries()) {
      if (segment.sealed) continue;
      const followed = ordered[index + 1]?.writer === segment.writer;
      const growing = !followed && !dead.includes(segment.writer);
      readNew(segment, growing);
      segment.sealed = !growing;
    }
    for (const writer of dead) gone.add(writer);
  }

  function readNew(segment: SegmentState, growing: boolean): void {
    if (growing && statSync(segment.path).size === segment.next) return;
    const doneTo = journal.doneTo(segment.name, "end");
    const begins = open.get(segment.writer)!;
    for (const item of readSegment(segment.path, segment.next, growing)) {
      if (item.type === "tail") return;
      segment.next = item.end;
      const place: Place = { segment: segment.name, offset: item.offset, bytes: item.end - item.offset };
      if (item.type !== "record") {
        segment.damaged.push(place);
        continue;
      }
      const { id } = JSON.parse(item.head.toString()) as { id: string };
      if (item.kind === RECORD_KIND.begin) begins.set(id, place);
      else {
        const begin = begins.get(id);
        begins.delete(id);
        if (item.offset >= doneTo) segment.endings.push({ end: place, begin });
      }
    }
  }

  function abandoned(): Place[] {
    const places = [...gone].flatMap((writer) => [...(open.get(writer)?.values() ?? [])]);
    return places.filter(({ segment, offset }) => offset >= journal.doneTo(segment, "interrupted"));
  }

  function settleAbandoned(begins: readonly Place[]): void {
    const settled = new Set(begins.map(({ segment, offset }) => `${segment}:${offset}`));
    for (const writer of gone) {
      const places = open.get(writer);
      for (const [id, { segment, offset }] of places ?? []) if (settled.has(`${segment}:${offset}`)) places!.delete(id);
    }
  }

  /** Oldest first and never past one that is still needed: an end is read only after its begin. */
  function deleteOlder(time: number): string[] {
    const deleted: string[] = [];
    const blocked = new Set<string>();
    for (const segment of inOrder()) {
      if (blocked.has(segment.writer)) continue;
      if (isNeeded(segment) || statSync(segment.path).mtimeMs >= time) blocked.add(segment.writer);
      else {
        rmSync(segment.path, { force: true });
        segments.delete(segment.name);
        deleted.push(segment.name);
      }
    }
    const writers = new Set([...segments.values()].map(({ writer }) => writer));
    for (const writer of open.keys()) if (!writers.has(writer) && gone.has(writer)) open.delete(writer);
    return deleted;
  }

  function isNeeded(segment: SegmentState): boolean {
    if (!segment.sealed || segment.endings.length > 0 || segment.damaged.length > 0) return true;
    const here = (place: Place | undefined) => place?.segment === segment.name;
    if (abandoned().some(here)) return true;
    if (!gone.has(segment.writer) && [...open.get(segment.writer)!.values()].some(here)) return true;
    return [...segments.values()].some(({ endings }) => endings.some(({ begin }) => here(begin)));
  }

  return {
    refresh,
    segments: inOrder,
    abandoned,
    settleAbandoned,
    pending: () => inOrder().reduce((sum, { endings }) => sum + endings.length, 0) + abandoned().length,
    deleteOlder,
  };
}
