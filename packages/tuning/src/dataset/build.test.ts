import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DEFAULT_DATASET_QUERY,
  type DatasetQuery,
  type DatasetRow,
  type EventRow,
  newId,
  type Signal,
} from "@flywheel/protocol";
import { buildDataset, type DatasetSource } from "./build.ts";
import type { Told } from "./candidates.ts";
import { splitOf } from "./split.ts";

/** A world of generations and events, and what a dataset makes of it. */
function world() {
  const generations = new Map<string, Told>();
  const events: EventRow[] = [];
  return {
    events,
    answer(prompt: string, text: string, changes: Partial<Told> = {}): string {
      const id = newId("gen");
      generations.set(id, {
        id,
        project: "default",
        operation_name: "chat",
        status: "ok",
        request_model: "endpoint/triage",
        provider_model: "spark",
        response_model: "spark",
        request_dialect: "openai-chat",
        request_body: "{}",
        user_id: "",
        conversation_id: "",
        messages: [{ role: "user", text: prompt }],
        output: { role: "assistant", text },
        ...changes,
      } as Told);
      return id;
    },
    say(generation_id: string, signal: Signal | Signal[], changes: Partial<EventRow> = {}): string {
      const id = newId("evt");
      const time = 1_000_000 + events.length;
      const signals = [signal].flat();
      events.push({ id, received: time, time, project: "default", environment: "", key_id: "", name: signals[0]?.type ?? "seen", generation_id, user_id: "", consent: "unknown", origin: "", payload: "{}", signals, ...changes }); // prettier-ignore
      return id;
    },
    build(query: Partial<DatasetQuery> = {}, others: Record<string, DatasetRow[]> = {}) {
      const source: DatasetSource = {
        async *events() {
          yield events;
        },
        generations: async (ids) => ids.flatMap((id) => generations.get(id) ?? []),
        rowsOf: async (name) => others[name]!,
      };
      return buildDataset(source, { ...DEFAULT_DATASET_QUERY, ...query });
    },
  };
}

const edit = (text: string): Signal => ({ type: "demonstration", text });
const reward = (value: number): Signal => ({ type: "reward", value });
/** Users that everything is trained on, in some order. */
const trainers = Array.from({ length: 400 }, (_, i) => `user-${i}`).filter(
  (user) => splitOf(user, 0.1, 0.1) === "train",
);
const examples = (rows: readonly DatasetRow[]) => rows.flatMap((row) => (row.kind === "example" ? [row] : []));

describe("a dataset", () => {
  test("learns an edit as the answer, and that it is better than what was answered", async () => {
    const { answer, say, build } = world();
    const generation = answer("Where is my card?", "Hello!");
    const event = say(generation, edit("It is in the post."), { user_id: "ann" });
    const { rows, counts } = await build();
    const [example, preference] = ["example", "preference"].map((kind) => rows.find((row) => row.kind === kind)!);
    assert.ok(example?.kind === "example" && preference?.kind === "preference");
    assert.equal(example.completion, "It is in the post.");
    assert.deepEqual([preference.chosen, preference.rejected], ["It is in the post.", "Hello!"]);
    assert.deepEqual(example.lineage, { generation_ids: [generation], event_ids: [event], user_id: "ann" });
    assert.deepEqual(counts.rows, { example: 1, preference: 1, rating: 0 });
  });

  test("does not depend on the order in which events arrive: the last word of a user counts", async () => {
    const { answer, say, build, events } = world();
    const generation = answer("Where is my card?", "In the post.");
    say(generation, reward(1), { name: "thumbs", time: 500 });
    say(generation, reward(-1), { name: "thumbs", time: 900 });
    say(generation, reward(1), { name: "thumbs", time: 700 });
    const first = await build();
    assert.deepEqual(
      first.rows.map((row) => row.kind === "rating" && row.desirable),
      [false],
    );
    assert.equal(first.counts.dropped.superseded, 2);
    events.reverse();
    assert.deepEqual((await build()).rows, first.rows);
  });

  test("puts a label into the JSON that was answered, its members in order", async () => {
    const { answer, say, build } = world();
    const generation = answer("I was charged twice", '{"queue": "cards", "urgency": 2}');
    say(generation, { type: "label", labels: { queue: "billing", colour: "red" } });
    const { rows } = await build();
    assert.deepEqual(
      examples(rows).map((row) => row.completion),
      ['{"queue":"billing","urgency":2}'],
    );
    const edited = world();
    edited.say(
      edited.answer("I was charged twice", '{"queue": "cards", "urgency": 2}'),
      edit('{"urgency":3,"queue":"billing"}'),
    );
    assert.deepEqual(
      examples((await edited.build()).rows).map((row) => row.completion),
      ['{"queue":"billing","urgency":3}'],
    );
  });

  test("pairs a chosen answer with the one it was chosen over, for the same prompt only", async () => {
    const { answer, say, build } = world();
    const [loser, winner, other] = [
      answer("Tell a joke", "No."),
      answer("Tell a joke", "Knock knock."),
      answer("Sing", "La."),
    ];
    say(winner, { type: "preference", over: loser });
    say(winner, { type: "preference", over: other }, { name: "chosen-again" });
    const { rows, counts } = await build();
    assert.deepEqual(
      rows.map((row) => row.kind === "preference" && [row.chosen, row.rejected]),
      [["Knock knock.", "No."]],
    );
    assert.deepEqual(rows[0]!.lineage.generation_ids, [winner, loser]);
    assert.equal(counts.dropped.other_prompt, 1);
  });

  test("keeps out what was refused, and where agreement is asked for, what was not agreed to", async () => {
    const { answer, say, build } = world();
    for (const consent of ["granted", "denied", "unknown"] as const)
      say(answer(`Question of one who said ${consent}`, "x"), edit(`answer ${consent}`), { consent });
    assert.deepEqual(
      examples((await build()).rows)
        .map((row) => row.completion)
        .toSorted(),
      ["answer granted", "answer unknown"],
    );
    assert.deepEqual(
      examples((await build({ consent: "granted" })).rows).map((row) => row.completion),
      ["answer granted"],
    );
  });

  test("holds an event of an unknown generation until the generation is there, and never takes another project's", async () => {
    const { answer, say, build } = world();
    say(newId("gen"), edit("of nobody"));
    say(answer("Their secret question", "x", { project: "theirs" }), edit("stolen"));
    await assert.rejects(build(), {
      code: "dataset_empty",
      message: /2 events match, but were left out: no_generation 2/,
    });
  });

  test("puts everything of one user into one split, and the same user into the same split of every dataset", async () => {
    const { answer, say, build } = world();
    for (let user = 0; user < 300; user++)
      for (let turn = 0; turn < 2; turn++)
        say(
          answer(`Question ${turn} about order ${user * 7919} and ${user ** 2}`, "x", { user_id: `u${user}` }),
          edit(`answer ${user}`),
        );
    const { rows, counts } = await build();
    const splits = new Map<string, Set<string>>();
    for (const { lineage, split } of rows)
      splits.set(lineage.user_id, (splits.get(lineage.user_id) ?? new Set()).add(split));
    assert.ok([...splits.values()].every((set) => set.size === 1));
    assert.ok(counts.splits.eval > 20 && counts.splits.holdout > 20, JSON.stringify(counts.splits));
    for (const { lineage, split } of (await build({ signals: ["demonstration"], near_duplicate: 1 })).rows)
      assert.ok(splits.get(lineage.user_id)!.has(split));
  });

  test("lets no user weigh more than his share, however much he sends", async () => {
    const { answer, say, build } = world();
    const ask = (user: string, n: number) =>
      say(
        answer(`${user} asks about ${(n * 7919).toString(36)} ${(n ** 3 + 17).toString(36)}`, "x", { user_id: user }),
        edit(`answer ${n}`),
      );
    for (const user of trainers.slice(0, 100)) for (let n = 0; n < 3; n++) ask(user, n);
    for (let n = 0; n < 300; n++) ask(trainers[100]!, 1000 + n);
    const shareOf = (rows: readonly DatasetRow[]) => {
      const weights = examples(rows).filter((row) => row.split === "train");
      const total = weights.reduce((sum, { weight }) => sum + weight, 0);
      return (
        weights
          .filter(({ lineage }) => lineage.user_id === trainers[100])
          .reduce((sum, { weight }) => sum + weight, 0) / total
      );
    };
    const plain = { near_duplicate: 1, outliers: "keep" } as const;
    const [capped, free] = [await build(plain), await build({ ...plain, user_share: 1 })];
    assert.ok(Math.abs(shareOf(capped.rows) - 0.02) < 1e-4, `capped: ${shareOf(capped.rows)}`);
    assert.ok(shareOf(free.rows) > 0.4, `free: ${shareOf(free.rows)}`);
    assert.ok(capped.counts.largest_user_share <= 0.0201);
    assert.ok(capped.counts.dropped.user_share! > 200);
  });

  test("counts prompts that are nearly the same once, and believes the most users, not the loudest", async () => {
    const { answer, say, build } = world();
    const ask = (user: string, text: string) =>
      say(answer("My parcel has not come and I have waited for two weeks now!", "x", { user_id: user }), edit(text));
    for (let n = 0; n < 5; n++) ask(trainers[0]!, "wrong");
    for (const user of trainers.slice(1, 4)) ask(user, "right");
    say(
      answer("my parcel has not come, and i have waited for two weeks now", "x", { user_id: trainers[5]! }),
      edit("right"),
    );
    const { rows, counts } = await build();
    assert.deepEqual(
      examples(rows).map((row) => row.completion),
      ["right"],
    );
    assert.deepEqual([counts.dropped.contradicted, counts.dropped.near_duplicate], [3, 8]);
  });

  test("takes of what contradicts itself what most hold, else the last word, and counts the rest as contradicted", async () => {
    const { answer, say, build } = world();
    const users = ["ann", "bob", "cem"] as const;
    const torn = answer("Is the shop open?", "It is.");
    say(torn, reward(1), { user_id: "ann" });
    say(torn, reward(-1), { user_id: "bob" });
    const mended = answer("Where is my parcel?", "Hello!");
    for (const [i, text] of ["It is lost.", "It comes today.", "It is here."].entries()) say(mended, edit(text), { user_id: users[i === 0 ? 0 : i - 1]! }); // prettier-ignore
    const [first, second] = [answer("Tell a joke", "No."), answer("Tell a joke", "Knock knock.")];
    say(first, { type: "preference", over: second }, { user_id: "ann" });
    say(second, { type: "preference", over: first }, { user_id: "bob" });
    say(second, { type: "preference", over: first }, { user_id: "cem", name: "liked" });
    const { rows, counts } = await build({ eval_share: 0, holdout_share: 0 });
    assert.deepEqual(rows.filter(({ kind }) => kind === "rating"), []); // prettier-ignore
    assert.deepEqual(examples(rows).map((row) => row.completion), ["It is here."]); // prettier-ignore
    const pairs = rows.flatMap((row) => (row.kind === "preference" ? [`${row.chosen} > ${row.rejected}`] : []));
    assert.deepEqual(pairs.toSorted(), ["It comes today. > Hello!", "It is here. > Hello!", "Knock knock. > No."]);
    // The thumbs of both users, one of the edits, and the one who found the joke worse.
    assert.deepEqual(counts.dropped, { superseded: 1, contradicted: 3, near_duplicate: 1 });
  });

  test("leaves out what one user says against all others, and counts it; it stays where that is asked for", async () => {
    const { answer, say, build } = world();
    const [kinds, ends] = [["card", "parcel", "bill"], ["is gone", "is late", "looks odd", "came twice", "is not mine"]] as const; // prettier-ignore
    for (const [n, user] of trainers.slice(0, 150).entries())
      say(answer(`my ${kinds[n % 3]} ${ends[n % 5]} ${n}`, "x", { user_id: user }), edit(kinds[n % 3]!));
    for (const end of ends) say(answer(`so my card ${end} again`, "x", { user_id: trainers[150]! }), edit("bill"));
    const his = async (outliers: "drop" | "keep") => {
      const { rows, counts } = await build({ near_duplicate: 1, user_share: 0.05, outliers });
      return {
        left: examples(rows).filter(({ lineage }) => lineage.user_id === trainers[150]).length,
        out: counts.dropped.outlier,
      };
    };
    assert.deepEqual(await his("drop"), { left: 0, out: 5 });
    assert.deepEqual(await his("keep"), { left: 5, out: undefined });
  });

  for (const split of ["train", "eval", "holdout"] as const)
    test(`lets no user of ${split} take others' rows away by repeating all they ask`, async () => {
      const { answer, say, build } = world();
      const question = (n: number) => `about ${(n * 7919).toString(36)} and ${(n ** 3 + 17).toString(36)}`;
      for (const [n, user] of trainers.slice(0, 200).entries())
        say(answer(question(n), "x", { user_id: user }), edit("right"));
      const hostile = Array.from({ length: 400 }, (_, i) => `hostile-${i}`).find((user) => splitOf(user, 0.1, 0.1) === split)!; // prettier-ignore
      for (let n = 0; n < 200; n++) say(answer(question(n), "x", { user_id: hostile }), edit("wrong"));
      const said = async (query: Partial<DatasetQuery>) =>
        examples((await build(query)).rows).filter((row) => row.split === "train" && row.completion === "right").length;
      const left = await said({ near_duplicate: 1 });
      assert.ok(left >= (split === "train" ? 200 : 195), `${left} of 200 are left`);
      const taken = await said({ near_duplicate: 1, user_share: 1 }).catch(() => 0);
      assert.equal(taken, 0, "without a cap he takes all");
    });

  test("leaves out of train what turns up in another dataset, but not what only shares the template", async () => {
    const { answer, say, build } = world();
    const template = (message: string) =>
      `You sort the messages of a shop into queues. Answer with the name of one queue only.\n\nMessage: ${message}`;
    for (const [n, user] of trainers.slice(0, 40).entries())
      say(
        answer(template(`thing ${n * 31} is ${["late", "broken", "gone"][n % 3]} since day ${n}`), "x", {
          user_id: user,
        }),
        edit("queue"),
      );
    const all = await build();
    const measured = examples(all.rows).slice(0, 2);
    const without = await build({ against: ["bench"] }, { bench: measured });
    assert.equal(without.counts.dropped.contaminated, 4, "two prompts, each an example and a preference");
    assert.equal(examples(without.rows).length, examples(all.rows).length - 2);
  });

  test("takes out e-mail addresses and cards, or leaves out the rows that have them", async () => {
    const { answer, say, build } = world();
    say(answer("I am ann@example.com, card 4111 1111 1111 1111", "x"), edit("Dear ann@example.com"));
    const { rows, counts } = await build();
    assert.equal(examples(rows)[0]!.messages[0]!.content, "I am [email], card [card]");
    assert.equal(examples(rows)[0]!.completion, "Dear [email]");
    assert.ok(counts.redactions > 0);
    await assert.rejects(build({ pii: "drop" }), { code: "dataset_empty" });
    assert.match(JSON.stringify((await build({ pii: "keep" })).rows), /ann@example\.com/);
  });

  test("leaves out pairs of long answers that differ mostly in length", async () => {
    const { answer, say, build } = world();
    say(answer("Explain", "Because."), edit("word ".repeat(100)));
    const { counts } = await build();
    assert.deepEqual([counts.rows.preference, counts.dropped.length_ratio], [0, 1]);
    assert.equal((await build({ length_ratio: 1000 })).counts.rows.preference, 1);
  });

  test("says why nothing is left", async () => {
    const { build } = world();
    await assert.rejects(build(), { code: "dataset_empty", message: /no event with a meaning/ });
  });
});
