import {
  asFlywheelError,
  type Dataset,
  type DatasetBuild,
  type DatasetQuery,
  type DatasetRow,
  type EventRow,
  FlywheelError,
  type Generation,
  newId,
} from "@flywheel/protocol";
import type { ControlStore } from "@flywheel/store/control";
import type { Display, LogStore } from "@flywheel/store/logs";
import { buildDataset, type BuiltDataset, type DatasetSource } from "./build.ts";
import { countRows } from "./counts.ts";
import { type DatasetFolder, datasetFolder } from "./folder.ts";
import { sortedById } from "./sorted-by-id.ts";

const PAGE = 500;
const MOST_BUILDS = 100;

/** What there is of datasets, and how new ones come. */
export interface DatasetLibrary {
  list(): Promise<Dataset[]>;
  /** By `name` (the latest version), `name@version` or id. Throws `dataset_not_found`. */
  find(reference: string): Promise<Dataset>;
  rows(reference: string): Promise<DatasetRow[]>;
  /** Begins to build; what comes of it is told by {@link building}. One at a time. */
  build(name: string, query: DatasetQuery): DatasetBuild;
  building(id: string): DatasetBuild;
  /** Keeps rows that were made elsewhere. */
  keep(name: string, rows: readonly DatasetRow[]): Promise<{ dataset: Dataset; fresh: boolean }>;
}

export interface LibraryOptions {
  dir: string;
  logs: LogStore;
  control: Pick<ControlStore, "listDatasets" | "addDataset">;
  display: Display;
}

export function datasetLibrary({ dir, logs, control, display }: LibraryOptions): DatasetLibrary {
  const folder = datasetFolder(dir);
  const builds = new Map<string, DatasetBuild>();
  let last: Promise<unknown> = Promise.resolve();

  async function find(reference: string): Promise<Dataset> {
    const [name, version] = reference.split("@");
    const known = await control.listDatasets();
    const found = known
      .filter(
        (one) =>
          one.id === reference || (one.name === name && (version ?? String(one.version)) === String(one.version)),
      )
      .toSorted((a, b) => b.version - a.version)[0];
    if (!found) throw new FlywheelError("dataset_not_found", { name: reference.slice(0, 100) });
    return found;
  }

  const rows = async (reference: string): Promise<DatasetRow[]> => folder.read((await find(reference)).id);
  const source: DatasetSource = {
    events: (query) => eventPages(logs, query),
    generations: async (ids) => (await logs.getMany(ids)).map((one) => ({ ...one, ...safely(display, one) })),
    rowsOf: rows,
  };

  async function run(build: DatasetBuild, name: string, query: DatasetQuery): Promise<void> {
    try {
      const built = await buildDataset(source, query, (progress, phase) => Object.assign(build, { progress, phase }));
      const { dataset, fresh } = await keepBuilt(folder, control, name, query, built);
      Object.assign(build, { state: "done", progress: 1, phase: "done", dataset, fresh });
    } catch (error) {
      const { code, message } = asFlywheelError(error);
      Object.assign(build, { state: "failed", error: { code, message } });
    }
  }

  return {
    list: () => control.listDatasets(),
    find,
    rows,
    build(name, query) {
      const build: DatasetBuild = { id: newId("job"), state: "running", phase: "waiting", progress: 0 };
      if (builds.size >= MOST_BUILDS) builds.delete(builds.keys().next().value!);
      builds.set(build.id, build);
      last = last.then(() => run(build, name, query));
      return build;
    },
    building(id) {
      const build = builds.get(id);
      if (!build) throw new FlywheelError("not_found", { path: `dataset build ${id.slice(0, 100)}` });
      return build;
    },
    async keep(name, rows) {
      if (rows.length === 0) throw new FlywheelError("dataset_empty", { reason: "the file has no rows." });
      const sorted = await sortedById(rows);
      const counts = await countRows(sorted, { events: 0, redactions: 0, dropped: {} });
      return keepBuilt(folder, control, name, null, { rows: sorted, counts, models: {} });
    },
  };
}

/** The file first: what the list names is there. */
async function keepBuilt(
  folder: DatasetFolder,
  control: LibraryOptions["control"],
  name: string,
  query: DatasetQuery | null,
  { rows, counts, models }: BuiltDataset,
): Promise<{ dataset: Dataset; fresh: boolean }> {
  const id = await folder.write(rows);
  return control.addDataset({ id, name, created: Date.now(), query, counts, models });
}

async function* eventPages(logs: LogStore, { project, from, to }: DatasetQuery): AsyncGenerator<EventRow[]> {
  // With a place to start after, rows come oldest first; nothing is older than this.
  let after: string | undefined;
  for (;;) {
    const { data, next } = await logs.listEvents({
      project,
      from,
      to,
      meaningful: true,
      oldestFirst: true,
      after,
      limit: PAGE,
    });
    yield data;
    if (next === undefined) return;
    after = next;
  }
}

/** A body that cannot be taken apart any more is a generation without messages. */
function safely(display: Display, generation: Generation): ReturnType<Display> {
  try {
    return display(generation);
  } catch {
    return { messages: [], output: null };
  }
}
