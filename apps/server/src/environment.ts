import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** Environment variables by name, as plain data to hand on. */
export type Environment = Record<string, string>;

/** `.env.local` over `.env` of the project; the process environment wins over both. */
export function readEnvironment(projectDir: string): Environment {
  const environment: Environment = {
    ...readEnvFile(join(projectDir, ".env")),
    ...readEnvFile(join(projectDir, ".env.local")),
  };
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) environment[name] = value;
  return environment;
}

/** What a process needs to run, and no more: for those that call no provider and so need no key. */
export function withoutSecrets(environment: Environment): Environment {
  const needed =
    /^(PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|LD_LIBRARY_PATH|DYLD_\w+|CUDA_\w+|XLA_\w+|JAX_\w+|NODE_\w+|FLYWHEEL_\w+)$/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => needed.test(name)));
}

function readEnvFile(path: string): Environment {
  return existsSync(path) ? (parseEnv(readFileSync(path, "utf8")) as Environment) : {};
}
