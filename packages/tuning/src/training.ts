export { builtinTrainer } from "./builtin/builtin.ts";
export { hostedTrainer, type HostedOptions } from "./hosted/hosted.ts";
export { HYPERPARAMETERS, Postponed, type Trainer, type TrainingData, type TrainingTask } from "./trainer.ts";
