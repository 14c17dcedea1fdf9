import type { Provider } from "./provider-set.ts";
import type { Upstream } from "./upstream.ts";

const TIMEOUTS = { connect: 5000, first_byte: 10_000, idle: 10_000, total: 15_000 };

/** What came of knocking at a provider. */
export type Reached = "ok" | "key refused" | { unreachable: string };

/**
 * Whether a provider answers at all, and takes our key: `GET <base>/models`, which costs nothing. Any answer but 401 and
 * 403 counts, since not every provider has a list.
 */
export function reach(upstream: Upstream, provider: Provider, done: (reached: Reached) => void): void {
  const { origin, base_path, headers } = provider;
  const call = upstream.request(
    { origin, method: "GET", path: `${base_path}/models`, headers, body: [], timeouts: TIMEOUTS },
    {
      onHead(status) {
        call.abort();
        done(status === 401 || status === 403 ? "key refused" : "ok");
      },
      onData() {},
      onEnd() {},
      onError: (error) => done({ unreachable: error.message }),
    },
  );
}
