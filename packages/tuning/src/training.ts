export { builtinTrainer } from "./builtin/builtin.ts";
export { hostedTrainer, type HostedOptions } from "./hosted/hosted.ts";
export {
  HYPERPARAMETERS,
  Postponed,
  type Hyperparameters,
  type Trainer,
  type TrainingData,
  type TrainingProgress,
  type TrainingReport,
  type TrainingTask,
} from "./trainer.ts";
export { trainingDataOf } from "./training-data.ts";
