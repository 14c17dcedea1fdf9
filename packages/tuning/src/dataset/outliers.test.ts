import { deepEqual, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { createRandom } from "@flywheel/evals/statistics";
import { outliers, unlikeOthers } from "./outliers.ts";

const SAID = {
  cards: ["my card is", "the plastic card", "a bank card that"],
  parcels: ["my parcel is", "the box from you", "a delivery that"],
  invoices: ["my invoice is", "the bill from you", "a receipt that"],
};
const ENDS = ["gone again", "not here", "quite wrong today", "what I mean", "late as ever", "a riddle to me"];
type Label = keyof typeof SAID;
const labels = Object.keys(SAID) as Label[];

/** What so many users say, three things each, all of them right. */
function desk(users: number) {
  const random = createRandom(5);
  const pick = <T>(list: readonly T[]) => list[random.below(list.length)]!;
  return Array.from({ length: 3 * users }, (_, i) => {
    const answer: string = pick(labels);
    return { text: `${pick(SAID[answer as Label])} ${pick(ENDS)}`, answer, user: `user-${i % users}` };
  });
}

const lies = (count: number, user: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => ({ text: `the plastic card ${ENDS[i % ENDS.length]!}`, answer: "invoices", user: user(i) })); // prettier-ignore

describe("outliers", () => {
  test("are what one user says against all others, and nothing else", async () => {
    const rows = [...desk(60), ...lies(6, () => "liar")];
    const found = await outliers(rows);
    deepEqual(found.map((i) => rows[i]!.user), Array(6).fill("liar")); // prettier-ignore
  });

  test("are little doubts, too, where one user has far more of them than others", () => {
    const rows = [...desk(60), ...lies(6, () => "sly")];
    const doubts: number[] = rows.map(({ user }, i) => (user === "sly" ? 0.2 : i % 31 === 0 ? 0.2 : 0));
    doubts[7] = 0.9;
    const found = [...unlikeOthers(rows, doubts)].toSorted((a, b) => a - b);
    deepEqual(found, [7, 180, 181, 182, 183, 184, 185]);
  });

  test("are an answer that nobody else gives, too, but not one that several give", async () => {
    const news = (user: (i: number) => string) => lies(6, user).map((one) => ({ ...one, answer: "brand_new" }));
    const rows = [...desk(60), ...news(() => "alone")];
    deepEqual((await outliers(rows)).map((i) => rows[i]!.user), Array(6).fill("alone")); // prettier-ignore
    deepEqual(await outliers([...desk(60), ...news((i) => `user-${i}`)]), []);
  });

  test("are not looked for among few users, in texts, or where there is one answer only", async () => {
    deepEqual(await outliers([...desk(12), ...lies(4, () => "liar")]), []);
    const texts = desk(60).map((one, i) => ({ ...one, answer: `${one.answer} ${i}` }));
    deepEqual(await outliers([...texts, ...lies(6, () => "liar")]), []);
    deepEqual(await outliers(lies(90, (i) => `user-${i}`)), []);
  });

  test("do not swallow a desk whose answers mean nothing", async () => {
    const random = createRandom(7);
    const rows = desk(60).map((one) => ({ ...one, answer: labels[random.below(3)]! }));
    ok((await outliers(rows)).length < 0.35 * rows.length);
  });
});
