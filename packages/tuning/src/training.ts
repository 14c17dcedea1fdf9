export { builtinTrainer } from "./builtin/builtin.ts";
export { hostedTrainer, type HostedOptions } from "./hosted/hosted.ts";
export { pythonTrainer, type PythonTrainerOptions } from "./python/python.ts";
export { HYPERPARAMETERS, type Trainer, type TrainingData, type TrainingTask } from "./trainer.ts";
