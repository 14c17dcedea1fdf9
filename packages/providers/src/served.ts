import type { Provider } from "./provider-set.ts";
import type { Upstream } from "./upstream.ts";

const TIMEOUTS = { connect: 500, first_byte: 1000, idle: 1000, total: 2000 };
const MOST_BYTES = 1 << 20;
const MOST_MODELS = 500;

/** Ask a server on this machine which models it serves (`GET <base>/models`); none where it does not say. */
export function servedModels(upstream: Upstream, provider: Provider, done: (models: string[]) => void): void {
  let bytes = 0;
  let status = 0;
  const chunks: Buffer[] = [];
  const { origin, base_path, headers } = provider;
  const call = upstream.request(
    { origin, method: "GET", path: `${base_path}/models`, headers, body: [], timeouts: TIMEOUTS },
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

function idsOf(text: string): string[] {
  try {
    const { data } = JSON.parse(text) as { data?: unknown };
    const ids = Array.isArray(data) ? data.map((one: { id?: unknown } | null) => one?.id) : [];
    return ids
      .filter((id) => typeof id === "string" && id !== "" && id.length <= 200)
      .slice(0, MOST_MODELS) as string[];
  } catch {
    return [];
  }
}
