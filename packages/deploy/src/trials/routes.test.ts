import { deepEqual, equal, rejects } from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Config, DEFAULT_CONFIG, type Trial, type TrialDetail, type TrialList } from "@flywheel/protocol"; // prettier-ignore
import { type ControlStore, openControlStore } from "@flywheel/store/control";
import type { TrialRows } from "@flywheel/store/logs";
import { trialRoutes } from "./routes.ts";
import { withTrials } from "./snapshot.ts";

const target = (model: string, weight?: number) => ({ provider: "up", model, ...(weight !== undefined && { weight }) });
const config: Config = {
  ...DEFAULT_CONFIG,
  providers: { up: { base_url: "http://127.0.0.1:9/v1", api_key_env: "", headers: {}, models: [] } },
  routes: {
    ...DEFAULT_CONFIG.routes,
    desk: { targets: [target("old")] },
    dealt: { targets: [target("old", 1), target("new", 1)] },
  },
};
const PLAN = { route: "desk", candidate: "up/new", kind: "canary" };

let control: ControlStore;
before(async () => (control = await openControlStore(join(mkdtempSync(join(tmpdir(), "flywheel-trials-")), "control.db")))); // prettier-ignore
after(() => control.close());

/** @param rows what is known of the answers; a string = the log store is away */
function call<T>(method: "GET" | "POST", path: string, body?: unknown, rows?: TrialRows | string): Promise<T> {
  const trialRows = async (): Promise<TrialRows> => {
    if (typeof rows === "string") throw new Error(rows);
    return rows ?? { answers: [], events: [] };
  };
  for (const route of trialRoutes(() => config, control, { trialRows })) {
    const pattern = new RegExp(`^${route.path.replace(":id", "(?<id>[^/]+)")}$`);
    const found = route.method === method ? pattern.exec(path) : null;
    const request = {
      params: { ...found?.groups },
      query: new URLSearchParams(),
      body,
      project: undefined,
      signal: AbortSignal.abort(),
    };
    if (found) return (async () => (await route.handle(request)) as T)();
  }
  throw new Error(`nothing at ${path}`);
}

test("a trial that makes no sense is refused, by name", async () => {
  const refused = (changes: object, message: RegExp) => rejects(call("POST", "/api/trials", { ...PLAN, ...changes }), message); // prettier-ignore
  await refused({ route: "nowhere" }, /There is no route "nowhere"; there are default, fast, desk, dealt/);
  await refused({ route: "dealt" }, /dealt deals its requests out by weights/);
  await refused({ candidate: "new" }, /`candidate` is `provider\/model`/);
  await refused({ candidate: "local/nobody" }, /local\/nobody/);
  await refused({ candidate: "nobody/new" }, /nobody\/new/);
  await refused({ candidate: "up/old" }, /up\/old is in front of desk already/);
  await refused({ kind: "dark" }, /`kind` is one of canary, shadow/);
  await refused({ share: 1 }, /leaves somebody to compare with/);
  await refused({ share: "10%" }, /`share` is a number from 0.001 to 1/);
  await refused({ kind: "shadow", evaluator: "reward" }, /nobody saw the candidate's answers/);
  await refused({ most_answers: 5 }, /`most_answers` is not known here/);
  await rejects(call("POST", "/api/trials", []), /`route` is the name of a route/);
  equal((await control.listTrials()).length, 0);
});

test("a trial begins with its defaults, is shown with what is known, and can be stopped while the log store is away", async () => {
  const trial = await call<Trial>("POST", "/api/trials", PLAN);
  const { baseline, share, evaluator, margin, worthwhile, most_users, settle_seconds, ended } = trial;
  deepEqual([baseline, share, evaluator, margin, worthwhile, most_users, settle_seconds, ended], ["up/old", 0.1, "reward", 0, 0.02, 5000, 600, null]); // prettier-ignore
  equal((await call<TrialDetail>("GET", `/api/trials/${trial.id}`)).now!.users, 0);
  await rejects(call("GET", `/api/trials/${trial.id}`, undefined, "away"), /away/);
  const stopped = await call<Trial>("POST", `/api/trials/${trial.id}/stop`, {}, "away");
  deepEqual([stopped.outcome, stopped.evidence], ["stopped", null]);
  await rejects(call("POST", `/api/trials/${trial.id}/stop`, {}), { code: "conflict" });
  await rejects(call("GET", "/api/trials/trial_none"), { code: "not_found" });
  deepEqual((await call<TrialList>("GET", "/api/trials")).data, [stopped]);
});

test("a trial reaches the gateway as long as its baseline is in front", async () => {
  const trial = { ...(await call<Trial>("POST", "/api/trials", PLAN)), salt: "s" };
  const { id, kind, share } = trial;
  deepEqual(withTrials(config, [trial]).routes["desk"], { targets: [target("old")], trial: { id, kind, share, salt: "s", candidate: target("new") } }); // prettier-ignore
  const other = { ...config, routes: { desk: { targets: [target("newer"), target("old")] } } };
  deepEqual(withTrials(other, [trial]), other);
  deepEqual(withTrials(DEFAULT_CONFIG, [trial]), DEFAULT_CONFIG);
});
