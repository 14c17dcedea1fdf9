import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type GenerationPage,
  newId,
  type Promotion,
  type PromotionList,
  type Trial,
  type TrialDetail,
  type TrialList,
  type UsageReport,
} from "@flywheel/protocol";
import type { Fault } from "../upstream/faults.ts";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { flywheel as run } from "./command.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

describe("a candidate on trial", () => {
  const [dataDir, projectDir] = [temporaryFolder(), temporaryFolder("project")];
  let upstream: ScriptedUpstream;
  let server: Flywheel;

  before(async () => {
    upstream = await startUpstream();
    const config = {
      providers: { up: { baseUrl: `${upstream.origin}/v1` } },
      routes: { desk: ["up/plain", "local/spark"] },
    };
    writeFileSync(join(projectDir, "flywheel.config.ts"), `export default ${JSON.stringify(config)};\n`);
    server = await startFlywheel({ dataDir, projectDir });
  });
  after(async () => {
    await server.stop();
    await upstream.close();
    removeFolder(dataDir);
  });

  async function post<T>(path: string, body: unknown): Promise<{ headers: Headers; body: T }> {
    const response = await fetch(server.origin + path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${server.key}` },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return { headers: response.headers, body: (await response.json()) as T };
  }

  const idOf = ({ headers }: { headers: Headers }) => headers.get("flywheel-generation-id")!;
  const users = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `user-${from + i}`);
  const ask = (user: string) =>
    post<{ model: string }>("/v1/chat/completions", { model: "desk", user, messages: [{ role: "user", content: "hi" }] }); // prettier-ignore

  /** Asks, and is content with some models' answers. */
  async function use(user: string, likes: readonly string[]): Promise<{ model: string; id: string }> {
    const { headers, body } = await ask(user);
    const id = idOf({ headers });
    const payload = { value: likes.includes(body.model) ? "up" : "down" };
    await post("/events", { events: [{ id: newId("evt"), name: "thumbs", generation: id, user, payload }] });
    return { model: body.model, id };
  }

  async function useAll(names: readonly string[], likes: readonly string[]): Promise<{ model: string; id: string }[]> {
    const answers = [];
    for (const name of names) answers.push(await use(name, likes));
    return answers;
  }

  const command = (...args: string[]) => run([...args, "--data", dataDir, "--cwd", projectDir]);
  const detail = (id: string) => server.api<TrialDetail>(`/api/trials/${id}`);
  const ended = (id: string) => eventually(async () => ((await detail(id)).ended === null ? undefined : detail(id)), "the end"); // prettier-ignore

  const start = async (candidate: string, how: object = { kind: "canary", share: 0.5, settle_seconds: 0 }) =>
    (await post<Trial>("/api/trials", { route: "desk", candidate, ...how })).body;
  /** Gateways follow the control store. */
  const begun = () =>
    eventually(async () => {
      const id = idOf(await ask("someone"));
      const row = await eventually(() => server.generation(id).catch(() => undefined), "the row");
      return row.trial_id || undefined;
    }, "a generation on trial");

  test("that users like better is promoted, also where the server was away in the middle", async () => {
    const { code, stdout: begunTrial, stderr } = await command("trial", "start", "up/good", "--route", "desk", "--canary", "50%", "--settle-seconds", "0", "--json"); // prettier-ignore
    equal(code, 0, stderr);
    const trial = JSON.parse(begunTrial) as Trial;
    await begun();
    const first = await useAll(users(0, 6), ["good"]);
    deepEqual(new Set(first.map(({ model }) => model)), new Set(["good", "plain"]));
    await eventually(async () => (await detail(trial.id)).now?.users === 6 || undefined, "six users");
    await server.stop();
    server = await startFlywheel({ dataDir, projectDir });
    const again = await Promise.all(users(0, 6).map(async (user) => (await ask(user)).body.model));
    deepEqual(again, first.map(({ model }) => model)); // prettier-ignore
    equal((await detail(trial.id)).now?.users, 6);
    await useAll(users(6, 40), ["good"]);
    const { outcome, reason, evidence, promotion } = await ended(trial.id);
    equal(outcome, "promoted", reason);
    match(reason, /^It is better: \d+\.\d to \d+\.\d points by what \d+ users said\.$/);
    ok(evidence!.difference.low! > 0 && evidence!.users < 40);
    deepEqual(evidence!.means, { baseline: 0, candidate: 1 });
    const [made] = (await server.api<PromotionList>("/api/promotions")).data as [Promotion];
    deepEqual([made.id, made.model, made.previous, made.evidence], [promotion, "up/good", "up/plain", evidence]);
    await eventually(async () => (await ask("someone else")).body.model === "good" || undefined, "the promotion");
    const shown = first.find(({ model }) => model === "good")!;
    const { stdout } = await command("logs", shown.id);
    match(stdout, /trial_arm +candidate/);
    match(stdout, /asked first, since its user is among those of the candidate/);
  });

  test("that users like less is rejected, and its evidence is kept", async () => {
    const trial = await start("up/bad");
    await begun();
    await useAll(users(0, 40), ["good"]);
    const { outcome, reason, evidence, promotion } = await ended(trial.id);
    equal(outcome, "rejected");
    match(reason, /^It is worse: -\d/);
    ok(evidence!.difference.high! < 0);
    equal(promotion, null);
    const { data } = await server.api<TrialList>("/api/trials");
    deepEqual(data.map(({ candidate, outcome }) => [candidate, outcome]), [["up/bad", "rejected"], ["up/good", "promoted"]]); // prettier-ignore
  });

  test("is over where another comes in front, and one on the same route waits for its end", async () => {
    const trial = await start("up/third");
    await rejects(start("up/fourth"), /409 .*up\/third is on trial on desk already/);
    equal((await command("rollback", "desk")).code, 0);
    const { outcome, reason } = await ended(trial.id);
    equal(outcome, "stopped");
    match(reason, /up\/plain is in front of desk now, not up\/good/);
    const shown = await command("trial", "show", trial.id, "--follow");
    equal(shown.code, 4);
    match(shown.stdout, /desk: up\/third against up\/good, canary of 50 % {2}stopped: Nothing can be compared/);
  });

  test("in shadow is asked what clients asked, counts as nothing they did, and is promoted where it is right", async () => {
    const says =
      (text: string): Fault =>
      ({ res, whole }) => {
        const answer = JSON.parse(whole) as { choices: [{ message: { content: string } }] };
        answer.choices[0].message.content = text;
        res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      };
    upstream.script = { clerk: Array.from({ length: 80 }, () => says("billing")) };
    const trial = await start("up/clerk", { kind: "shadow", share: 1, settle_seconds: 3 });
    await begun();
    const period = `/api/usage?from=${Date.now()}&to=${Date.now() + 3_600_000}`;
    const corrected = { name: "edited", payload: { final: "billing" } };
    const approved = { name: "thumbs", payload: { value: "up" } };
    const ids: string[] = [];
    for (const [i, user] of users(0, 60).entries()) {
      ids.push(idOf(await ask(user)));
      await post("/events", {
        events: [{ id: newId("evt"), generation: ids[i], user, ...(i % 5 ? corrected : approved) }],
      });
    }
    const { outcome, reason, evidence } = await ended(trial.id);
    equal(outcome, "promoted", reason);
    ok(evidence!.answers.candidate === evidence!.answers.baseline && evidence!.means.candidate! > 0.5);
    const asked = async (query: string) => (await server.api<UsageReport>(period + query)).total.generations;
    equal(await asked(""), 60);
    equal(await asked("&shadows=true"), 120);
    const { data } = await server.api<GenerationPage>("/api/generations?limit=200&shadows=true");
    const shadow = data.find(({ shadow_of }) => shadow_of === ids[0])!;
    deepEqual([shadow.provider_model, shadow.trial_arm, shadow.user_id], ["clerk", "candidate", "user-0"]);
  });
});
