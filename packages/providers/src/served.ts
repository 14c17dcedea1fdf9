import type { DialectId } from "@flywheel/protocol";
import type { Provider } from "./provider-set.ts";
import type { Upstream } from "./upstream.ts";

/** A server on this machine answers at once or not at all. */
const TIMEOUTS = {
  machine: { connect: 500, first_byte: 1000, idle: 1000, total: 2000 },
  remote: { connect: 5000, first_byte: 10_000, idle: 5000, total: 15_000 },
};
const MOST_BYTES = 4 << 20;
const MOST_MODELS = 2000;

/** Some give a page of twenty unless they are asked for more. */
const PAGE: Partial<Record<DialectId, string>> = { "anthropic-messages": "?limit=1000", gemini: "?pageSize=1000" };

/** Ask a provider which models it serves (`GET <base>/models`, which costs nothing); none where it does not say. */
export function servedModels(upstream: Upstream, provider: Provider, done: (models: string[]) => void): void {
  let bytes = 0;
  let status = 0;
  const chunks: Buffer[] = [];
  const { origin, base_path, headers, hosting, dialect } = provider;
  const path = `${base_path}/models${PAGE[dialect] ?? ""}`;
  const call = upstream.request(
    { origin, method: "GET", path, headers, body: [], timeouts: TIMEOUTS[hosting] },
    {
      onHead: (answered) => void (status = answered),
      onData(chunk) {
        bytes += chunk.length;
        if (bytes <= MOST_BYTES) return void chunks.push(chunk);
        call.abort();
        done([]);
      },
      onEnd: () => done(status === 200 ? idsOf(Buffer.concat(chunks).toString("utf8")) : []),
      onError: () => done([]),
    },
  );
}

/** OpenAI's and Anthropic's `data[].id`, or Gemini's `models[].name`, which begin with `models/`. */
function idsOf(text: string): string[] {
  try {
    const { data, models } = JSON.parse(text) as { data?: unknown; models?: unknown };
    const rows = [data, models].find(Array.isArray) as ({ id?: unknown; name?: unknown } | null)[] | undefined;
    const ids = (rows ?? []).map((one) => one?.id ?? one?.name);
    return ids
      .filter((id): id is string => typeof id === "string" && id !== "" && id.length <= 200)
      .map((id) => id.replace(/^models\//, ""))
      .slice(0, MOST_MODELS);
  } catch {
    return [];
  }
}
