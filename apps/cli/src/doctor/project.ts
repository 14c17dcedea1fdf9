import { loadConfig, walls } from "@flywheel/project";
import type { Config, ProviderInfo, Target } from "@flywheel/protocol";
import { localModelInfo, providersOf, reachProvider, serversHere, SPARK, withSpark } from "@flywheel/server";
import type { Place } from "../place.ts";
import { attempt, bad, type Check, type Examination, type Finding, notable, well } from "./finding.ts";

/** What several checks want to know of the project; found out once. */
export function project({ projectDir, env }: Place): Pick<Examination, "config" | "providers"> {
  let config: Promise<Config> | undefined;
  let known: Promise<ReadonlyMap<string, ProviderInfo>> | undefined;
  const load = () => (config ??= loadConfig(projectDir).then(withSpark));
  const look = async () => {
    const [loaded, found] = await Promise.all([load(), serversHere()]);
    return new Map(providersOf(loaded, env, found).map((provider) => [provider.id, provider]));
  };
  return { config: load, providers: () => (known ??= look().catch(() => new Map())) };
}

export const configuration: Check = ({ config }) =>
  attempt("configuration", "Mend flywheel.config.ts; a running server keeps the last good one.", async () => {
    const { routes, durability } = await config();
    return `routes ${Object.keys(routes).join(", ")}; durability ${durability}`;
  });

/** `undefined` where it does not load, which is a finding of its own check. */
const configOf = ({ config }: Examination): Promise<Config | undefined> => config().catch(() => undefined);

/** Every model file, by its header: there, whole, and of a kind that can be served. */
export const localModels: Check = async (examination) => {
  const local = (await configOf(examination))?.local ?? {};
  const missing = "spark" in local ? [] : [bad("local/spark", "the bundled model is missing", GET_SPARK)];
  const findings = Object.entries(local).map(async ([name, file]): Promise<Finding> => {
    const { error, parameters, context_length } = await localModelInfo(file);
    const check = `local/${name}`;
    if (error !== undefined) return bad(check, `${file.path}: ${error}`, file.path === SPARK ? GET_SPARK : GET_FILE);
    return well(check, `${(parameters / 1e6).toFixed(1)} M parameters, ${context_length} tokens of context`);
  });
  return [...missing, ...(await Promise.all(findings))];
};

const GET_SPARK = "Run `git checkout models/spark/spark.gguf` in the clone.";
const GET_FILE = "Bring the file back or download it again, and look at `local` in flywheel.config.ts.";

/** Routes whose targets cannot be called: with none left they fail, with some they have nothing to fall back to. */
export const routes: Check = async (examination) => {
  const config = await configOf(examination);
  if (!config) return [];
  const known = await examination.providers();
  return Object.entries(config.routes).flatMap(([name, { targets }]) => routeFindings(name, targets, known));
};

function routeFindings(name: string, targets: Target[], known: ReadonlyMap<string, ProviderInfo>): Finding[] {
  const lacking = targets.filter(({ provider }) => known.get(provider)?.available !== true);
  if (lacking.length === 0) return [];
  const found = lacking.map(({ provider, model }) => `${provider}/${model} cannot be called`).join("; ");
  const reasons = lacking.map(({ provider }) => known.get(provider)?.reason ?? `there is no provider ${provider}`);
  const fix = `${[...new Set(reasons)].join("; ")}: in the environment of the server, or in .env.`;
  return [(lacking.length === targets.length ? bad : notable)(`route ${name}`, found, capitalised(fix))];
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Those that could be called. */
const callable = async ({ providers }: Examination) => [...(await providers()).values()].filter((one) => one.available);

export const providers: Check = async (examination) => {
  const ids = (await callable(examination)).map(({ id }) => id);
  return ids.length === 0 ? [] : [well("providers", ids.join(", "))];
};

/** Only on request: it goes out to the network, with the keys. */
export const online: Check = async (examination) => {
  const config = examination.options["online"] ? await configOf(examination) : undefined;
  if (!config) return [];
  const findings = (await callable(examination)).map(({ id, base_url }) => knock(id, base_url, config, examination));
  return (await Promise.all(findings)).flat();
};

async function knock(id: string, base_url: string, config: Config, { place }: Examination): Promise<Finding[]> {
  const reached = await reachProvider(id, config, place.env);
  if (reached === undefined) return [];
  if (reached === "ok") return [well(id, `answers at ${base_url}`)];
  if (reached === "key refused")
    return [bad(id, `${base_url} refuses the key`, "Set a key that is valid: it may have been revoked or mistyped.")];
  const fix = "Look at the network, a proxy, or the address in flywheel.config.ts.";
  return [bad(id, `${base_url} cannot be reached: ${reached.unreachable}`, fix)];
}

/** What keeps the project's own code from everything else, tried out. */
export const ownCode: Check = async () => {
  const all = await walls();
  const down = all.filter(({ stands }) => !stands);
  const kept = all.filter(({ stands }) => stands).map(({ what }) => what);
  const found = `kept from ${kept.join(", ") || "nothing"}`;
  if (down.length === 0) return [well("your code", `${found}; \`runner\` in flywheel.config.ts says what it may have`)];
  const open = down.map(({ what, note }) => `${what} (${note})`).join(", ");
  return [notable("your code", `${found}; not from ${open}`, "Run code of others in a container or on Linux.")];
};
