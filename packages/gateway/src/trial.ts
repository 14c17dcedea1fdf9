import { hash } from "node:crypto";
import type { RouteTrial, TrialPart } from "@flywheel/protocol";

/** 52 bits: as many as a number holds with ease. */
const DIGITS = 13;
const SPACE = 16 ** DIGITS;
const UNIT_DIGITS = 24;

/** What a request is in a trial; `undefined`: no part of it. */
export function partOf(trial: RouteTrial, user: string, random: () => number): TrialPart | undefined {
  if (trial.kind === "canary") return canaryPart(trial, user);
  // Of a shadow the baseline's answer is what the client gets, whoever it is.
  return random() < trial.share ? { id: trial.id, arm: "baseline", unit: unitOf(digestOf(trial, user)) } : undefined;
}

/**
 * Where a user belongs in a canary: by a keyed hash, so that one user always gets the same arm, that nobody can choose
 * it, and that it has nothing to do with how they judge.
 * @param user any name that stays the same
 */
export function canaryPart(trial: RouteTrial, user: string): TrialPart {
  const digest = digestOf(trial, user);
  const arm = Number.parseInt(digest.slice(0, DIGITS), 16) < trial.share * SPACE ? "candidate" : "baseline";
  return { id: trial.id, arm, unit: unitOf(digest) };
}

const digestOf = ({ salt }: RouteTrial, user: string): string => hash("sha256", `${salt}\n${user}`, "hex");
const unitOf = (digest: string): string => digest.slice(-UNIT_DIGITS);
