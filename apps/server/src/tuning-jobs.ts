import { join } from "node:path";
import { checkComparison, checkRoute, compareModels, type Promotions } from "@flywheel/deploy";
import { openJournal } from "@flywheel/evals";
import { type Config, FlywheelError } from "@flywheel/protocol";
import { trainerPython } from "@flywheel/project";
import type { ControlStore } from "@flywheel/store/control";
import { createJobs, type DatasetLibrary, type JobModels, type Jobs, type Tunable } from "@flywheel/tuning/jobs";
import type { Trainer } from "@flywheel/tuning/training";
import { forkedTrainer } from "./forked-trainer.ts";
import { hostedModels } from "./hosted-models.ts";
import type { Environment } from "./environment.ts";
import { ownKey } from "./session-key.ts";
import { keepTuned, tunedModels } from "./tuned-models.ts";

export interface TuningJobsOptions {
  dataDir: string;
  config(): Config;
  datasets: DatasetLibrary;
  control: ControlStore;
  promotions: Promotions;
  /** Where this installation is called by anyone, with `/v1`; "" where no gateway runs. */
  publicUrl: string;
}

/** Jobs of this installation: what trains here, where candidates are kept, and how they are compared. */
export function tuningJobs({ dataDir, config, datasets, control, promotions, publicUrl }: TuningJobsOptions): Jobs {
  const key = ownKey(control, "jobs");
  return createJobs({
    dir: join(dataDir, "jobs"),
    datasets,
    models: jobModels(dataDir, config),
    async checkPromotion({ route, protect }, dataset, { examples, heldOut }) {
      if (!publicUrl) throw new FlywheelError("conflict", { reason: "Models can only be compared while a server runs. Start one with `flywheel dev`." }); // prettier-ignore
      checkRoute(config(), route);
      await checkComparison({ dataset, examples, protect, heldOut });
    },
    async decide(
      { dataset, candidate, promotion },
      { examples, training, heldOut, answers, level, signal, onProgress },
    ) {
      const { route, protect, margin } = promotion!;
      const baseline = await promotions.frontOf(route);
      if (baseline === candidate) throw new FlywheelError("conflict", { reason: `${candidate} is in front of ${route} already.` }); // prettier-ignore
      const evidence = await compareModels(
        { route, baseline, candidate, dataset, examples, training, protect, heldOut, level, rules: { margin } },
        { address: { url: publicUrl, key: (await key()).secret }, journal: openJournal(answers), signal, onProgress },
      );
      if (!evidence.promoted) return { evidence, promotion_id: null };
      const { id } = await promotions.promote(route, candidate, evidence);
      return { evidence, promotion_id: id };
    },
  });
}

function jobModels(dataDir: string, config: () => Config): JobModels {
  const env = process.env as Environment;
  const builtin = forkedTrainer(env);
  const hosted = hostedModels(config, env);
  const local = () => config().local;

  function localModel(model: string, trainerName: string | undefined): Tunable {
    const name = model.replace(/^local\//, "");
    const found = Object.hasOwn(local(), name) ? local()[name] : undefined;
    if (!found) {
      const known = Object.entries(local()).flatMap(([each, { adapter }]) => (adapter === undefined ? [`local/${each}`] : [])); // prettier-ignore
      throw usage(`The model must be a local one (${known.join(", ")}) or a provider's, such as openai/gpt-4.1-mini, not ${JSON.stringify(model)}.`); // prettier-ignore
    }
    if (found.adapter !== undefined) throw usage(`${model} has an adapter already; tune the model it was made for.`);
    return {
      base: found.path,
      shortName: name,
      home: "local",
      trainer: trainerName === "python" ? inPython() : builtin,
    };
  }

  function inPython(): Trainer {
    const python = trainerPython(dataDir);
    if (python === undefined) throw usage("The Python trainer's environment is not there: `flywheel tune <dataset> --trainer python` makes it."); // prettier-ignore
    return forkedTrainer(env, python);
  }

  return {
    tunable(model, trainerName) {
      const ours = () => localModel(model, trainerName);
      const found = Object.hasOwn(local(), model) ? ours() : (hosted(model) ?? ours());
      if (trainerName !== undefined && trainerName !== found.trainer.name)
        throw usage(
          `There is no trainer ${JSON.stringify(trainerName)} for ${model}; there is ${found.home === "local" ? "builtin, and python" : found.trainer.name}.`,
        );
      return found;
    },
    isTaken: (name) => Object.hasOwn(local(), name) || tunedModels(dataDir).some((model) => model.name === name),
    keep({ dataset, training }, name, base, { adapter, validation_loss }) {
      keepTuned(dataDir, { name, base, adapter, dataset, method: training!.method, created: Date.now(), validation_loss }); // prettier-ignore
      return `local/${name}`;
    },
  };
}

const usage = (reason: string) => new FlywheelError("invalid_request", { reason });
