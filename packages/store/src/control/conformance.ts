import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControlStore } from "./control-store.ts";
import { hashSecret } from "./secret.ts";

/** What every control store must do. `open` gives an empty one. */
export function controlStoreConformance(name: string, open: () => Promise<ControlStore>): void {
  test(`${name}: a created key can be found by the hash of its secret, which is not stored`, async () => {
    const control = await open();
    const { key, secret } = await control.createKey({ name: "backend" });
    const [stored] = await control.listKeys();
    assert.equal(stored!.hash, hashSecret(secret));
    assert.ok(secret.startsWith(key.prefix) && key.prefix.length < secret.length / 2);
    assert.ok(!JSON.stringify(await control.listKeys()).includes(secret));
    await control.close();
  });

  test(`${name}: ensuring the same secret twice keeps one key`, async () => {
    const control = await open();
    const first = await control.ensureKey("fw_dev_same", { name: "dev" });
    const second = await control.ensureKey("fw_dev_same", { name: "dev" });
    assert.equal(first.id, second.id);
    assert.equal((await control.listKeys()).length, 1);
    await control.close();
  });

  test(`${name}: revoking is remembered, twice is fine, and an unknown key is an error`, async () => {
    const control = await open();
    const { key } = await control.createKey({ name: "old", scopes: ["inference", "admin"], environment: "staging" });
    const revoked = await control.revokeKey(key.id);
    assert.ok(revoked.revoked);
    assert.equal((await control.revokeKey(key.id)).revoked, revoked.revoked);
    await assert.rejects(control.revokeKey("key_nobody"), { code: "not_found" });
    await control.close();
  });

  test(`${name}: rotating keeps the key and all that was said of it, and changes its secret`, async () => {
    const control = await open();
    const { key, secret } = await control.createKey({
      name: "backend",
      models: ["local/*"],
      expires: Date.now() + 60_000,
    });
    const rotated = await control.rotateKey(key.id, { graceMs: 5000 });
    assert.notEqual(rotated.secret, secret);
    assert.deepEqual(rotated.key, {
      ...key,
      hash: hashSecret(rotated.secret),
      prefix: rotated.key.prefix,
      rotated: rotated.key.rotated,
      previous_hash: key.hash,
      previous_expires: rotated.key.rotated! + 5000,
    });
    assert.ok(rotated.secret.startsWith(rotated.key.prefix));
    assert.equal((await control.ensureKey(secret, { name: "again" })).id, key.id, "the old secret is still this key's");
    assert.equal((await control.listKeys()).length, 1);
    await control.close();
  });

  test(`${name}: a key that is revoked, expired or unknown is not rotated`, async () => {
    const control = await open();
    const { key } = await control.createKey({ name: "revoked" });
    await control.revokeKey(key.id);
    await assert.rejects(control.rotateKey(key.id, { graceMs: 0 }), { code: "conflict" });
    const expired = await control.createKey({ name: "expired", expires: Date.now() - 1 });
    await assert.rejects(control.rotateKey(expired.key.id, { graceMs: 0 }), { code: "conflict" });
    await assert.rejects(control.rotateKey("key_nobody", { graceMs: 0 }), { code: "not_found" });
    await control.close();
  });

  test(`${name}: a request is saved, replaced and deleted by its id`, async () => {
    const control = await open();
    const body = { model: ["local/spark"], messages: [{ role: "user", content: "it's <b>\u202e" }] };
    const saved = await control.saveRequest({ name: "refund", body });
    assert.deepEqual(await control.listRequests(), [saved]);
    assert.deepEqual(saved.body, body);
    const changed = await control.saveRequest({ id: saved.id, name: "refund 2", body: {} });
    assert.deepEqual([changed.id, changed.created, changed.name], [saved.id, saved.created, "refund 2"]);
    await control.deleteRequest(saved.id);
    assert.deepEqual(await control.listRequests(), []);
    await assert.rejects(control.deleteRequest(saved.id), { code: "not_found" });
    await assert.rejects(control.saveRequest({ id: saved.id, name: "x", body: {} }), { code: "not_found" });
    await control.close();
  });

  test(`${name}: a filter is saved, replaced and deleted by its name`, async () => {
    const control = await open();
    await control.saveFilter({ name: "slow", filter: { range: "7d" } });
    await control.saveFilter({ name: "it's <b>\u202e", filter: { search: "refund", from: 5 } });
    await control.saveFilter({ name: "slow", filter: { range: "24h" } });
    const kept = (await control.listFilters()).map((one) => [one.name, one.filter]);
    assert.deepEqual(kept, [
      ["it's <b>\u202e", { search: "refund", from: 5 }],
      ["slow", { range: "24h" }],
    ]);
    await control.deleteFilter("slow");
    assert.equal((await control.listFilters()).length, 1);
    await assert.rejects(control.deleteFilter("slow"), { code: "not_found" });
    await control.close();
  });

  test(`${name}: a dataset gets a new version where its rows are others`, async () => {
    const control = await open();
    const counts = { rows: { example: 1, preference: 0, rating: 0 }, splits: { train: 1, eval: 0, holdout: 0 }, users: 1, events: 1, generations: 1, dropped: {}, redactions: 0, chosen_over_rejected: null, largest_user_share: 1 }; // prettier-ignore
    const made = (id: string, created: number) => ({ id, name: "triage", created, query: null, counts, models: {} });
    const versions = [];
    for (const [at, id] of ["ds_a", "ds_a", "ds_b", "ds_a"].entries()) {
      const { dataset, fresh } = await control.addDataset(made(id, at));
      versions.push([dataset.id, dataset.version, fresh]);
    }
    assert.deepEqual(versions, [
      ["ds_a", 1, true],
      ["ds_a", 1, false],
      ["ds_b", 2, true],
      ["ds_a", 3, true],
    ]);
    const listed = await control.listDatasets();
    assert.deepEqual(listed.map(({ version, created }) => [version, created]), [[3, 3], [2, 2], [1, 0]]); // prettier-ignore
    assert.deepEqual(listed[2], { ...made("ds_a", 0), version: 1 });
    await control.close();
  });

  test(`${name}: one trial runs on a route, ends once, and its promotion comes with its end`, async () => {
    const control = await open();
    const plan = { route: "desk", candidate: "up/new", baseline: "up/old", kind: "canary", share: 0.1, evaluator: "reward", silence: "unknown", margin: 0, worthwhile: 0.02, most_users: 100, settle_seconds: 0 } as const; // prettier-ignore
    const first = await control.addTrial(plan);
    await assert.rejects(control.addTrial({ ...plan, candidate: "up/other" }), { code: "conflict" });
    const elsewhere = await control.addTrial({ ...plan, route: "fast" });
    const difference = { estimate: 0.2, low: 0.1, high: 0.3 };
    const both = { baseline: 1, candidate: 2 };
    const evidence = { trial: first.id, users: 3, answers: both, failures: both, means: both, difference };
    const ended = await control.endTrial(first.id, { outcome: "promoted", reason: "It is better.", evidence });
    await assert.rejects(control.endTrial(first.id, { outcome: "stopped", reason: "", evidence: null }), { code: "conflict" }); // prettier-ignore
    await assert.rejects(control.endTrial("trial_none", { outcome: "stopped", reason: "", evidence: null }), { code: "not_found" }); // prettier-ignore
    await control.endTrial(elsewhere.id, { outcome: "rejected", reason: "It is worse.", evidence: null });
    const again = await control.addTrial(plan);
    const kept = await control.listTrials();
    assert.deepEqual(kept.map(({ id, outcome }) => [id, outcome]), [[first.id, "promoted"], [elsewhere.id, "rejected"], [again.id, null]]); // prettier-ignore
    assert.deepEqual(kept[0], ended);
    const [promotion, ...others] = await control.listPromotions();
    assert.deepEqual(others, []);
    assert.deepEqual([promotion!.id, promotion!.model, promotion!.previous, promotion!.evidence], [ended.promotion, "up/new", "up/old", evidence]); // prettier-ignore
    await control.close();
  });

  test(`${name}: a publishable key says so, and where it may be used`, async () => {
    const control = await open();
    const { key, secret } = await control.createKey({
      name: "web",
      scopes: ["events"],
      origins: ["https://a.example"],
    });
    assert.match(secret, /^fw_pub_/);
    assert.deepEqual(
      (await control.listKeys()).map(({ origins }) => origins),
      [["https://a.example"]],
    );
    assert.match((await control.rotateKey(key.id, { graceMs: 0 })).secret, /^fw_pub_/);
    await control.close();
  });

  test(`${name}: a setting is replaced, not repeated`, async () => {
    const control = await open();
    assert.equal(await control.getSetting("colour"), undefined);
    await control.setSetting("colour", "red");
    await control.setSetting("colour", "it's blue");
    assert.equal(await control.getSetting("colour"), "it's blue");
    await control.close();
  });
}
