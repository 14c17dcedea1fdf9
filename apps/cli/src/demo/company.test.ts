import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createRandom } from "@flywheel/evals/statistics";
import { drawMessage, QUEUES } from "./company.ts";
import { drawOpinion, shuffled } from "./users.ts";
import * as WORDINGS from "./wordings.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const RUN = 5;

/** Every run of five words. */
function runsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  return words.slice(RUN - 1).map((_, i) => words.slice(i, i + RUN).join(" "));
}

test("the company's sentences have no five words in a row with what the model learned from, nor with other tests", () => {
  const others = globSync(["models/spark/**/*.{txt,py,ts,json}", "packages/tuning/test/*.ts", "apps/cli/src/seed/*.ts"], { cwd: ROOT }); // prettier-ignore
  const theirs = new Set(others.flatMap((path) => readFileSync(`${ROOT}/${path}`, "utf8").split("\n")).flatMap(runsOf));
  assert.ok(theirs.size > 10_000, "the model's texts were found");
  const sentences = Object.values(WORDINGS).flatMap(({ heard, unheard }) => [...heard, ...unheard]);
  assert.deepEqual(
    sentences.filter((sentence) => runsOf(sentence.replace("$", "")).some((run) => theirs.has(run))),
    [],
  );
});

test("no sentence that is kept for the end is among those that users write", () => {
  const random = createRandom(1);
  const draw = (unheard: boolean) => Array.from({ length: 3000 }, () => drawMessage(random, unheard));
  const written = new Set(draw(false).map(({ wording }) => wording));
  const kept = draw(true);
  assert.deepEqual(
    kept.filter(({ wording }) => written.has(wording)),
    [],
  );
  for (const queue of QUEUES) {
    const share = kept.filter((message) => message.queue === queue).length / kept.length;
    assert.ok(Math.abs(share - 1 / QUEUES.length) < 0.04, `${queue}: ${share}`);
  }
});

test("shuffled opinions are as many of each, of the same users, and say nothing of the messages", () => {
  const random = createRandom(2);
  const messages = Array.from({ length: 6000 }, () => drawMessage(random, false));
  const opinions = messages.map((message) => drawOpinion(message, { users: 0, messages: 0, signals: 0.5, wrong: 0.1, late: 0.1 }, random)); // prettier-ignore
  const mixed = shuffled(opinions, random);
  const tally = (of: typeof opinions) => QUEUES.map((queue) => of.filter((opinion) => opinion?.queue === queue).length);
  const right = (of: typeof opinions) => of.filter((opinion, i) => opinion?.queue === messages[i]!.queue).length;
  assert.deepEqual(tally(mixed), tally(opinions));
  assert.ok(mixed.every((opinion, i) => (opinion === undefined) === (opinions[i] === undefined)));
  assert.ok(right(opinions) > 2600 && right(mixed) < 650, `${right(opinions)}, ${right(mixed)}`);
});
