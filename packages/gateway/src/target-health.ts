import { hash } from "node:crypto";
import type { Call } from "./call.ts";
import { Circuit } from "./circuit.ts";
import type { CircuitLimits } from "./circuit.ts";
import type { ResolvedTarget } from "./route.ts";

/** How many retries a target may get. Where everything fails, retries would only multiply the load that made it fail. */
export interface BudgetLimits {
  /** Retries that each call earns; 0.2 = at most one in six calls is a retry in the long run. */
  ratio: number;
  /** What can be saved up, and what a target begins with. */
  reserve: number;
}

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
  circuitOf(call: Call, target: ResolvedTarget): Circuit | undefined {
    return this.calm ? undefined : this.#troubled.get(nameOf(call, target))?.circuit;
  }

  /** @param earns a retry does not earn the next one */
  succeeded(call: Call, target: ResolvedTarget, began: number, earns: boolean): void {
    if (this.calm) return;
    const name = nameOf(call, target);
    const trouble = this.#troubled.get(name);
    if (!trouble) return;
    const now = performance.now();
    trouble.circuit.succeeded(began, now);
    if (earns) this.#earn(trouble);
    if (trouble.budget >= this.#budgetLimits.reserve && trouble.circuit.isClean(now)) this.#troubled.delete(name);
  }

  failed(call: Call, target: ResolvedTarget, began: number, earns: boolean): void {
    const trouble = this.#remember(call, target);
    if (earns) this.#earn(trouble);
    trouble.circuit.failed(began, performance.now());
  }

  /** Take a retry out of the target's budget. @returns false where there is none left */
  spend(call: Call, target: ResolvedTarget): boolean {
    const trouble = this.#remember(call, target);
    if (trouble.budget < 1) return false;
    trouble.budget--;
    return true;
  }

  #remember(call: Call, target: ResolvedTarget): Trouble {
    const name = nameOf(call, target);
    const known = this.#troubled.get(name);
    if (known) return known;
    if (this.#troubled.size >= MOST_TARGETS) this.#troubled.delete(this.#troubled.keys().next().value!);
    const trouble = { circuit: new Circuit(this.#circuitLimits), budget: this.#budgetLimits.reserve };
    this.#troubled.set(name, trouble);
    return trouble;
  }

  #earn(trouble: Trouble): void {
    const { ratio, reserve } = this.#budgetLimits;
    trouble.budget = Math.min(reserve, trouble.budget + ratio);
  }
}

function nameOf({ foreignSecret }: Call, { provider, model }: ResolvedTarget): string {
  const account = foreignSecret === undefined ? "" : hash("sha256", foreignSecret, "base64url");
  return `${provider.account} ${account} ${model.slice(0, LONGEST_NAME)}`;
}
