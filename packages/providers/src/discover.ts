import { headerOf } from "./raw-headers.ts";
import { createProviderSet } from "./provider-set.ts";
import { LOCAL_PROVIDER, PROVIDERS } from "./table.ts";
import type { Upstream } from "./upstream.ts";

const PROBE_MS = 500;
const PROBE_TIMEOUTS = { connect: PROBE_MS, first_byte: PROBE_MS, idle: PROBE_MS, total: 2 * PROBE_MS };

/**
 * Ask the usual ports of this machine who serves models there. `done` gets the ids of providers that answered
 * `GET <base>/models` with 200 and JSON; at most a second later.
 */
export function discover(upstream: Upstream, done: (found: ReadonlySet<string>) => void): void {
  const set = createProviderSet({ providers: {}, local: {} }, {});
  const found = new Set<string>();
  const rows = PROVIDERS.filter((row) => row.hosting === "machine" && row.id !== LOCAL_PROVIDER);
  let left = rows.length;
  const answered = (id: string, yes: boolean): void => {
    if (yes) found.add(id);
    if (--left === 0) done(found);
  };
  for (const { id } of rows) {
    const { origin, base_path } = set.get(id)!;
    probe(upstream, origin, `${base_path}/models`, (yes) => answered(id, yes));
  }
}

function probe(upstream: Upstream, origin: string, path: string, done: (yes: boolean) => void): void {
  const call = upstream.request(
    { origin, method: "GET", path, headers: [], body: [], timeouts: PROBE_TIMEOUTS },
    {
      onHead(status, rawHeaders) {
        call.abort();
        done(status === 200 && /\bjson\b/.test(headerOf(rawHeaders, "content-type")));
      },
      onData() {},
      onEnd() {},
      onError: () => done(false),
    },
  );
}
