import { hash } from "node:crypto";
import type { Call } from "./call.ts";
import type { Choice } from "./choose.ts";
import { Circuit } from "./circuit.ts";
import type { CircuitLimits } from "./circuit.ts";
import type { Verdict } from "./retry.ts";
import type { ResolvedTarget } from "./route.ts";

/** How many retries a target may get. Where everything fails, retries would only multiply the load that made it fail. */
export interface BudgetLimits {
  /** Retries that each call earns; 0.2 = at most one in six calls is a retry in the long run. */
  ratio: number;
  /** What can be saved up, and what a target begins with. */
  reserve: number;
}

type Asker = Pick<Call, "foreignSecret">;

/** What is remembered of one target that is, or lately was, in trouble. */
interface Trouble {
  circuit: Circuit;
  /** Retries left. */
  budget: number;
}

/** Names of models are the client's to choose: what is remembered stays bounded all the same. */
const MOST_TARGETS = 1000;
const LONGEST_NAME = 200;

/**
 * How the targets do, by provider, model and the key they are asked with. Only of those that failed lately is anything
 * kept, so that a healthy gateway has nothing to look up. Lives as long as the process: a reload of the configuration
 * forgets nothing, unless it gives a target another address or key.
 */
export class TargetHealth {
  #circuitLimits: CircuitLimits;
  #budgetLimits: BudgetLimits;
  #troubled = new Map<string, Trouble>();

  constructor(circuit: CircuitLimits, budget: BudgetLimits) {
    this.#circuitLimits = circuit;
    this.#budgetLimits = budget;
  }

  /** No target failed lately. */
  get calm(): boolean {
    return this.#troubled.size === 0;
  }

  /** `undefined` = closed. */
  circuitOf(call: Asker, target: ResolvedTarget): Circuit | undefined {
    return this.calm ? undefined : this.#troubled.get(nameOf(call, target))?.circuit;
  }

  /**
   * What an attempt told of its target.
   * @param began when it was made
   */
  learn(
    call: Asker,
    { target, reason }: Pick<Choice, "target" | "reason">,
    began: number,
    tells: Verdict["target"],
  ): void {
    if (this.calm && tells !== "fails") return;
    const name = nameOf(call, target);
    const trouble = tells === "fails" ? this.#remember(name) : this.#troubled.get(name);
    if (!trouble) return;
    if (tells === "unknown") return reason === "probe" ? trouble.circuit.release() : undefined;
    const { ratio, reserve } = this.#budgetLimits;
    if (reason !== "retry") trouble.budget = Math.min(reserve, trouble.budget + ratio);
    const now = performance.now();
    if (tells === "fails") return trouble.circuit.failed(began, now);
    trouble.circuit.succeeded(began, now);
    if (trouble.budget === reserve && trouble.circuit.isClean(now)) this.#troubled.delete(name);
  }

  /** Take a retry out of the target's budget. @returns false where there is none left */
  spend(call: Asker, target: ResolvedTarget): boolean {
    const trouble = this.#remember(nameOf(call, target));
    if (trouble.budget < 1) return false;
    trouble.budget--;
    return true;
  }

  #remember(name: string): Trouble {
    const known = this.#troubled.get(name);
    if (known) return known;
    if (this.#troubled.size >= MOST_TARGETS) this.#troubled.delete(this.#troubled.keys().next().value!);
    const trouble = { circuit: new Circuit(this.#circuitLimits), budget: this.#budgetLimits.reserve };
    this.#troubled.set(name, trouble);
    return trouble;
  }
}

function nameOf({ foreignSecret }: Asker, { provider, model }: ResolvedTarget): string {
  const account = foreignSecret === undefined ? "" : hash("sha256", foreignSecret, "base64url");
  return `${provider.account} ${account} ${model.slice(0, LONGEST_NAME)}`;
}
