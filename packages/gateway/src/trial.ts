import { hash } from "node:crypto";
import type { RouteTrial, TrialPart } from "@flywheel/protocol";

/** 52 bits: as many as a number holds with ease. */
const DIGITS = 13;
const SPACE = 16 ** DIGITS;
const UNIT_DIGITS = 24;

/**
 * Where a user belongs in a canary: by a keyed hash, so that one user always gets the same arm, that nobody can choose
 * it, and that it has nothing to do with how they judge.
 * @param user any name that stays the same
 */
export function canaryPart({ id, salt, share }: RouteTrial, user: string): TrialPart {
  const digest = digestOf(salt, user);
  const arm = Number.parseInt(digest.slice(0, DIGITS), 16) < share * SPACE ? "candidate" : "baseline";
  return { id, arm, unit: digest.slice(-UNIT_DIGITS) };
}

const digestOf = (salt: string, user: string): string => hash("sha256", `${salt}\n${user}`, "hex");
