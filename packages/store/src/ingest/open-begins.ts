/** A `begin` whose generation is not a row yet. Its bodies stay on disk. */
export interface Begin {
  id: string;
  segment: string;
  offset: number;
  bytes: number;
  /** The `end` it was joined with. */
  end?: { segment: string; offset: number };
}

/** The begins that are not rows yet, by generation id and by segment. */
export interface OpenBegins {
  readonly size: number;
  get: (id: string) => Begin | undefined;
  /** The first of an id counts: a second is left out. */
  add: (begin: Begin) => void;
  /** It has become a row, or a reject. */
  remove: (begin: Begin) => void;
  /** Those that stand in a segment, in order. */
  in: (segment: string) => Begin[];
  anyIn: (segment: string) => boolean;
}

export function createOpenBegins(): OpenBegins {
  const byId = new Map<string, Begin>();
  const bySegment = new Map<string, Set<Begin>>();
  return {
    get size() {
      return byId.size;
    },
    get: (id) => byId.get(id),
    add(begin) {
      if (byId.has(begin.id)) return;
      byId.set(begin.id, begin);
      const there = bySegment.get(begin.segment);
      if (there) there.add(begin);
      else bySegment.set(begin.segment, new Set([begin]));
    },
    remove(begin) {
      byId.delete(begin.id);
      const there = bySegment.get(begin.segment);
      there?.delete(begin);
      if (there?.size === 0) bySegment.delete(begin.segment);
    },
    in: (segment) => [...(bySegment.get(segment) ?? [])].toSorted((a, b) => a.offset - b.offset),
    anyIn: (segment) => bySegment.has(segment),
  };
}
