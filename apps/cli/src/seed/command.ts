import { setTimeout as sleep } from "node:timers/promises";
import {
  type DeletedRows,
  FlywheelError,
  type GenerationPage,
  type GenerationTotals,
  SAMPLE_PROJECT,
} from "@flywheel/protocol";
import { openDataFolder } from "@flywheel/server";
import type { AppCommand, AppContext } from "../app-command.ts";
import { wholeNumber } from "../place.ts";
import { createProgress } from "../progress.ts";
import { writeThroughWal } from "./stage.ts";
import { sampleTraffic } from "./traffic.ts";

/** `flywheel seed`: a month of an invented company's generations, so that a newcomer sees everything full. */
export const seedCommand: AppCommand = {
  usage: "seed",
  summary: "fill the logs with a sample project, or take it out again",
  options: [
    { flags: "--days <n>", description: "how far back it goes", default: "30" },
    { flags: "--generations <n>", description: "how many", default: "55000" },
    { flags: "--seed <n>", description: "another number gives other texts", default: "1" },
    { flags: "--remove", description: "delete the sample project" },
  ],
  examples: ["flywheel seed", "flywheel seed --days 7 --generations 5000", "flywheel seed --remove"],
  async run(context, _, options) {
    const api = await context.api();
    if (options["remove"]) return remove(context);
    const generations = wholeNumber("--generations", String(options["generations"]), 1, 1_000_000);
    const days = wholeNumber("--days", String(options["days"]), 1, 365);
    const seed = wholeNumber("--seed", String(options["seed"]), 0, 2 ** 32 - 1);
    const known = await api.get<GenerationPage>(`/api/generations?project=${SAMPLE_PROJECT}&limit=1`);
    if (known.data.length > 0)
      throw new FlywheelError("conflict", {
        reason: "The sample project is there. `flywheel seed --remove` deletes it.",
      });
    await plant(context, { generations, days, seed, until: Date.now() - 60_000 });
  },
};

async function remove({ api, out, json }: AppContext): Promise<void> {
  const answer = await (await api()).delete<DeletedRows>(`/api/generations?project=${SAMPLE_PROJECT}`);
  out(
    json ? JSON.stringify(answer) : `deleted ${answer.deleted.toLocaleString("en")} generations of the sample project`,
  );
}

async function plant(context: AppContext, traffic: Parameters<typeof sampleTraffic>[0]): Promise<void> {
  const { place, signal, out, json } = context;
  const folder = openDataFolder(place.dataDir);
  const started = performance.now();
  const texts = new Set<string>();
  const progress = createProgress();
  function* counted() {
    for (const record of sampleTraffic(traffic)) {
      texts.add(Buffer.from(record.request).toString());
      yield record;
    }
  }
  try {
    await writeThroughWal(folder.path, folder.wal, counted(), signal, (written) =>
      progress.at((0.4 * written) / traffic.generations, `${written.toLocaleString("en")} written`),
    );
    await untilStored(context, traffic.generations, (stored) =>
      progress.at(0.4 + (0.6 * stored) / traffic.generations, `${stored.toLocaleString("en")} stored`),
    );
  } finally {
    progress.end();
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const done = { generations: traffic.generations, distinct_requests: texts.size, days: traffic.days, seconds };
  out(
    json
      ? JSON.stringify(done)
      : `${done.generations.toLocaleString("en")} generations of the invented shop Fernway over ${done.days} days, in ${seconds} s. Nothing of it was ever sent to a model.\nLook: flywheel usage, flywheel logs --search tent, the studio. Remove: flywheel seed --remove`,
  );
}

/** Written is safe; stored is visible. */
async function untilStored(
  { api, signal }: AppContext,
  wanted: number,
  onStored: (count: number) => void,
): Promise<void> {
  const client = await api();
  for (let waited = 0; ; waited++) {
    const { generations } = await client.get<GenerationTotals>(`/api/totals?project=${SAMPLE_PROJECT}`);
    onStored(generations);
    if (generations >= wanted) return;
    if (waited > STORE_SECONDS) throw new FlywheelError("store_unavailable");
    await sleep(1000, undefined, { signal });
  }
}

const STORE_SECONDS = 600;
