import { isIPv6 } from "node:net";
import { DEFAULT_CONFIG, type RunnerConfig } from "@flywheel/protocol";
import { PROVIDERS } from "@flywheel/providers/table";
import type { RunnerInput } from "flywheel";
import { at, isObjectOf, itemsOf, keysOf, numberAt, type Place, report, stringAt } from "./expect.ts";

const KEYS = keysOf<RunnerInput>({ env: true, hosts: true, memoryMb: true, timeoutMs: true });
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MEGABYTE = 1024 * 1024;

const PROVIDER_KEYS = new Set(PROVIDERS.flatMap(({ env }) => env));

/** What a project's own code may have. `secret`: names of variables that hold the keys of the project's own providers. */
export function runnerOf(place: Place, secret: readonly string[]): RunnerConfig {
  const usual = DEFAULT_CONFIG.runner;
  if (place.value === undefined || !isObjectOf(place, KEYS)) return usual;
  const number = (key: keyof RunnerInput, min: number, max: number, what: string) => {
    const said = at(place, key);
    return said.value === undefined ? undefined : numberAt(said, { min, max }, what);
  };
  const megabytes = number("memoryMb", 64, 65_536, "megabytes, 64 to 65536");
  return {
    env: itemsOf(at(place, "env"), "a list of names", (item) => variableOf(item, secret)),
    hosts: itemsOf(at(place, "hosts"), 'a list of hosts, such as "crm.example.com"', hostOf),
    memory_bytes: megabytes === undefined ? usual.memory_bytes : megabytes * MEGABYTE,
    timeout_ms: number("timeoutMs", 10, 600_000, "milliseconds, 10 to 600000") ?? usual.timeout_ms,
  };
}

/** What was written is not repeated: it may be a secret itself. */
function variableOf(place: Place, secret: readonly string[]): string | undefined {
  const { value } = place;
  if (typeof value === "string" && (PROVIDER_KEYS.has(value) || secret.includes(value)))
    return report(
      place,
      `${value} holds the key of a provider, and your code never sees one; models are called for it`,
    );
  if (typeof value === "string" && VARIABLE_NAME.test(value)) return value;
  return report(place, 'expected the name of an environment variable, such as "CRM_TOKEN"; its value goes into .env');
}

/** As a URL would say it, so that the two can be compared. */
function hostOf(place: Place): string | undefined {
  const host = stringAt(place, 'a host, such as "crm.example.com"');
  if (host === undefined) return undefined;
  const text = `http://${isIPv6(host) ? `[${host}]` : host}/`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.href === text.toLowerCase() && !host.includes("*")) return url.host;
  return report(place, `expected a host without scheme, path and \`*\`, such as "crm.example.com", got "${host}"`);
}
