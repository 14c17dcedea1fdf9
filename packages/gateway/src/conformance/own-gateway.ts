import { hash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { DEFAULT_CONFIG, DIALECT_IDS, PLAIN_KEY } from "@flywheel/protocol";
import type { Config, EndHead, GenerationRecorder, Key } from "@flywheel/protocol";
import { DIALECTS, createProviderSet } from "@flywheel/providers";
import { createGateway } from "../server.ts";
import type { Gateway } from "./replay.ts";
import type { ReplayingUpstream } from "./replaying-upstream.ts";

const SECRET = "fw_dev_conformance";

const KEY: Key = {
  ...PLAIN_KEY,
  id: "key_conformance",
  hash: hash("sha256", SECRET, "hex"),
  prefix: "fw_dev",
  name: "conformance",
  project: "conformance",
  environment: "dev",
};

/** A gateway of ours on loopback, before the replaying upstream, that keeps what it records in memory. */
export async function startOwnGateway(upstream: Pick<ReplayingUpstream, "baseUrl">): Promise<Gateway> {
  const config = configFor(upstream);
  const providers = createProviderSet(config, {});
  let last: { head: EndHead; raw: Buffer } | undefined;
  const recorder: GenerationRecorder = {
    begin: (_head, _raw, done) => setImmediate(done),
    end(head, raw, done) {
      last = { head, raw: Buffer.concat(raw) };
      setImmediate(done);
    },
  };
  const gateway = createGateway({
    config: () => config,
    providers: () => providers,
    resolveKey: (digest) => (digest === KEY.hash ? KEY : undefined),
    recorder,
    resolveLocal: (_model, done) => done(new Error("no local model takes part")),
    allowedHosts: () => new Set(["127.0.0.1"]),
  });
  await new Promise<void>((resolve) => gateway.server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(gateway.server.address() as AddressInfo).port}/v1`;
  return {
    address: (dialect, held) => ({ baseUrl, headers: {}, key: SECRET, model: `${dialect}/${held}` }),
    takeRow() {
      const row = last;
      last = undefined;
      if (row?.head.status !== "ok") return undefined;
      return DIALECTS[row.head.dialect].decodeResponse(row.raw, row.head.content_type);
    },
    close: () => new Promise((resolve) => gateway.drain(resolve)),
  };
}

/** One provider for each dialect, named after it. */
function configFor(upstream: Pick<ReplayingUpstream, "baseUrl">): Config {
  const providers: Config["providers"] = {};
  for (const dialect of DIALECT_IDS)
    providers[dialect] = { base_url: upstream.baseUrl(dialect), dialect, api_key_env: "", headers: {}, models: [] };
  return { ...DEFAULT_CONFIG, providers };
}
