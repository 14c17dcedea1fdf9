import { builtinTrainer, pythonTrainer, type Trainer } from "@flywheel/tuning/training";
import type { Environment } from "./environment.ts";

/** Trains on this machine. @param python the interpreter of the Python trainer's environment; absent: the built-in one */
export function trainerHere(python: string | undefined, env: Environment): Trainer {
  return python === undefined ? builtinTrainer() : pythonTrainer({ python, env });
}
