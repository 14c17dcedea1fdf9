import { createGateway, type ResolveLocal } from "@flywheel/gateway";
import { modelFingerprint } from "@flywheel/local";
import { type Config, FlywheelError, type Promotion } from "@flywheel/protocol";
import { createProviderSet, createUpstream, discover } from "@flywheel/providers";
import { withPromotions, withTrials } from "@flywheel/deploy";
import { followKeys } from "@flywheel/store/keys";
import { type Followed, followPromotions } from "@flywheel/store/promotions";
import { followTrials, type SaltedTrial } from "@flywheel/store/trials";
import { createWalWriter } from "@flywheel/store/wal";
import { runChild, type SupervisorLine } from "./child.ts";
import { sendJson } from "./control-api.ts";
import { MIN_FREE_BYTES } from "./disk.ts";
import { allowedHosts } from "./hosts.ts";
import type { GatewayInit, ToChild } from "./messages.ts";
import { listenFailure } from "./port.ts";
import { relayTo } from "./relay.ts";
import { promptRenderer } from "./render.ts";

/** What the server process answers: the control API, the studio, and what of OpenAI's API is not the hot path. */
const OF_THE_SERVER = /^(?:\/(?:api|studio)|(?:\/v1)?\/(?:files|fine_tuning))(?:\/|$)/;

type LocalAsked = Parameters<ResolveLocal>[1];

/** The hot path and nothing else: requests in, answers out, records into the write-ahead log. */
runChild<GatewayInit>(async (init, line) => {
  let { config, serverUrl, build } = init;
  let found: ReadonlySet<string> = new Set();
  let providers = createProviderSet(config, process.env, found);
  const keys = followKeys(init.folder.control);
  const promoted = promotedConfig(followPromotions(init.folder.control), followTrials(init.folder.control));
  const upstream = createUpstream();
  const recorder = createWalWriter({
    dir: init.folder.wal,
    writer: init.writer,
    durability: () => config.durability,
    minFreeBytes: MIN_FREE_BYTES,
  });
  const eventRecorder = createWalWriter({
    dir: init.folder.eventsWal,
    writer: init.writer,
    durability: () => config.durability,
    minFreeBytes: MIN_FREE_BYTES,
  });
  const local = localAddresses(line, (model) => config.local[model] && modelFingerprint(config.local[model]));
  const prompts = promptRenderer(line);
  const relay = relayTo(() => serverUrl);
  const allowed = allowedHosts(init.allowHosts);

  const gateway = createGateway({
    config: () => promoted(config),
    providers: () => providers,
    resolveKey: keys.resolve,
    recorder,
    upstream,
    resolveLocal: local.ask,
    endpoints: { build: () => build, renderPrompt: prompts.renderPrompt },
    events: { recorder: eventRecorder, secret: init.eventSecret },
    allowsOrigin: keys.allowsOrigin,
    allowedHosts: () => allowed,
    dev: init.mode === "dev",
    fallthrough(request, response) {
      const path = request.url!.split("?", 1)[0]!;
      if (path === "/healthz") sendJson(response, 200, { ok: true });
      else if (OF_THE_SERVER.test(path)) relay(request, response);
      else return false;
      return true;
    },
  });

  const refresh = () => (providers = createProviderSet(config, process.env, found));
  discover(upstream, (answered) => {
    found = answered;
    refresh();
  });
  line.on((message) => {
    if (message.type === "config") {
      config = message.config;
      refresh();
    } else if (message.type === "server") serverUrl = message.url;
    else if (message.type === "local") local.answer(message);
    else if (message.type === "build") build = message.project.build;
    else if (message.type === "rendered") prompts.onRendered(message);
    else if (message.type === "drain")
      gateway.drain(() => recorder.close(() => eventRecorder.close(() => process.exit(0))));
  });

  gateway.server.once("error", (error: NodeJS.ErrnoException) => line.fail(listenFailure(error, init.host, init.port)));
  // A socket of its own per worker, among which the kernel deals out connections. (Where there is no such thing, workers
  // share one.) Handed out by the primary instead, a connection whose worker is killed before it is taken hangs for ever.
  const reusePort = process.platform === "linux";
  gateway.server.listen({ port: init.port, host: init.host, reusePort }, () => {
    line.send({ type: "ready", port: init.port });
  });
});

/** The configuration with what was promoted and what is on trial, made anew only where one of the three changed. */
function promotedConfig(
  promotions: Followed<Promotion[]>,
  trials: Followed<SaltedTrial[]>,
): (config: Config) => Config {
  let known: { config: Config; promotions: Promotion[]; trials: SaltedTrial[]; made: Config } | undefined;
  return (config) => {
    const now = { config, promotions: promotions.value, trials: trials.value };
    if (known?.config !== config || known.promotions !== now.promotions || known.trials !== now.trials)
      known = { ...now, made: withTrials(withPromotions(config, now.promotions), now.trials) };
    return known.made;
  };
}

/** A process that has not come up in this time is in trouble that waiting does not mend. */
const LOCAL_START_MS = 20_000;

/** Everyone who waits for the local process is answered at once, with its address or with why it cannot run. */
function localAddresses(line: SupervisorLine, fingerprintOf: (model: string) => string | undefined) {
  let waiting: LocalAsked[] = [];
  let deadline: NodeJS.Timeout | undefined;

  function settle(...answer: Parameters<LocalAsked>): void {
    clearTimeout(deadline);
    const asked = waiting;
    waiting = [];
    for (const done of asked) done(...answer);
  }

  const unavailable = (reason: string) => new FlywheelError("provider_unavailable", { provider: "local", reason });
  return {
    ask(model: string, done: LocalAsked): void {
      waiting.push((error, address) => {
        const fingerprint = address && fingerprintOf(model);
        done(error, address && { ...address, ...(fingerprint !== undefined && { fingerprint }) });
      });
      if (waiting.length > 1) return;
      deadline = setTimeout(() => settle(unavailable("its process does not start")), LOCAL_START_MS);
      line.send({ type: "need-local" });
    },
    answer({ url, secret, error }: Extract<ToChild, { type: "local" }>): void {
      if (error) settle(unavailable(error));
      else settle(undefined, { origin: url, headers: ["authorization", `Bearer ${secret}`] });
    },
  };
}
