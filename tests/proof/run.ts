// The long forms of what `npm test` shows in short: npm run proof [-- crash | clone] [--kills 60] [--seed n] [--no-tests]
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { assertNothingLost, crash } from "./crash.ts";
import { freshClone } from "./fresh-clone.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string", default: "60" },
    clients: { type: "string", default: "8" },
    seed: { type: "string" },
    "no-tests": { type: "boolean", default: false },
  },
});

const began = performance.now();
const log = (line: string) => {
  const seconds = Math.round((performance.now() - began) / 1000);
  console.error(`${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, "0")}  ${line}`);
};

const PROOFS: Record<string, () => Promise<object>> = {
  async crash() {
    const seed = Number(values.seed ?? randomInt(2 ** 31));
    log(`crash test: ${values.kills} kills, seed ${seed}`);
    const report = await crash({ kills: Number(values.kills), clients: Number(values.clients), seed, log });
    assertNothingLost(report);
    return report;
  },
  clone: () => freshClone({ tests: !values["no-tests"], log }),
};

const wanted = positionals.length > 0 ? positionals : Object.keys(PROOFS);
for (const name of wanted) {
  const proof = PROOFS[name];
  if (!proof) {
    console.error(`There is no proof ${name}; there is ${Object.keys(PROOFS).join(", ")}.`);
    process.exit(2);
  }
  try {
    console.log(JSON.stringify({ proof: name, ok: true, ...(await proof()) }));
    log(`${name}: holds`);
  } catch (error) {
    console.log(JSON.stringify({ proof: name, ok: false, reason: (error as Error).message }));
    log(`${name}: does NOT hold\n${(error as Error).stack ?? ""}`);
    process.exitCode = 1;
  }
}
