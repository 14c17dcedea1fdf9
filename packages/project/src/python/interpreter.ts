import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What Python and pip need of them; no key is among them. */
const PASSED =
  /^(PATH|HOME|LANG|LC_\w+|TMPDIR|PYENV_\w+|PIP_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|CUDA_\w+|NVIDIA_\w+|LD_LIBRARY_PATH|XLA_\w+|JAX_\w+|\w+_PROXY)$/i;

export const passedOn = (env: Variables): Variables =>
  Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name)));

const NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];
const OLDEST: readonly [number, number] = [3, 11];

/** The first Python on the path that is new enough; `undefined` where there is none. */
export async function findPython(env: Variables): Promise<string | undefined> {
  const isNewEnough = `import sys; sys.exit(sys.version_info < (${OLDEST.join(", ")}))`;
  for (const name of NAMES) {
    const works = await promisify(execFile)(name, ["-c", isNewEnough], { env: passedOn(env) }).catch(() => undefined);
    if (works) return name;
  }
  return undefined;
}
