/** When a target counts as broken, and for how long. Milliseconds. */
export interface CircuitLimits {
  /** How long an outcome is remembered. */
  window_ms: number;
  /** Fewer outcomes than this decide nothing. */
  volume: number;
  /** The share of failures that opens it, 0 to 1. */
  share: number;
  /** How long it is open the first time; twice as long each time a probe fails. */
  open_ms: number;
  longest_open_ms: number;
}

/** `closed`: all is well. `probe`: this one call may find out. `open`: ask someone else. */
export type Admission = "closed" | "probe" | "open";

/** Outcomes are remembered in this many parts of the window, and forgotten part by part. */
const PARTS = 6;

/**
 * A circuit breaker: closed until too large a share of the latest outcomes are failures, then open for a while, then
 * half-open, which lets one call through: its success closes the circuit, its failure opens it again for longer.
 *
 * All times are the caller's, in milliseconds of one clock that never goes back.
 */
export class Circuit {
  #limits: CircuitLimits;
  #part = 0;
  #good = new Uint32Array(PARTS);
  #bad = new Uint32Array(PARTS);
  #openedAt = Number.NEGATIVE_INFINITY;
  /** 0 = closed. */
  #openUntil = 0;
  #openings = 0;
  /** A probe that is not heard of until then is forgotten: its client may have gone away. */
  #probeUntil = 0;
  #why = "";

  constructor(limits: CircuitLimits) {
    this.#limits = limits;
  }

  /** Whether a call may go this way. `probe` is said to one caller at a time. */
  admit(now: number): Admission {
    if (this.#openUntil === 0) return "closed";
    if (now < this.#openUntil || now < this.#probeUntil) return "open";
    this.#probeUntil = now + this.#limits.open_ms;
    return "probe";
  }

  /** The probe found out nothing. */
  release(): void {
    this.#probeUntil = 0;
  }

  get isOpen(): boolean {
    return this.#openUntil !== 0;
  }

  /** When the next probe may be made; 0 where the circuit is closed. */
  get nextProbe(): number {
    return Math.max(this.#openUntil, this.#probeUntil);
  }

  /** Such as `9 of 10 calls failed; next try in 12 s`. */
  describe(now: number): string {
    return `${this.#why}; next try in ${Math.max(1, Math.ceil((this.nextProbe - now) / 1000))} s`;
  }

  /** @param began when the call was made: what is older than the opening says nothing of what came after it */
  succeeded(began: number, now: number): void {
    if (this.#openUntil === 0) this.#count(this.#good, now);
    else if (began >= this.#openedAt) this.#close();
  }

  failed(began: number, now: number): void {
    if (this.#openUntil !== 0) {
      if (now >= this.#openUntil && began >= this.#openedAt) this.#open(now, "it failed again when it was tried");
      return;
    }
    this.#count(this.#bad, now);
    const bad = sum(this.#bad);
    const all = bad + sum(this.#good);
    if (all >= this.#limits.volume && bad >= all * this.#limits.share)
      this.#open(now, `${bad} of ${all} calls failed lately`);
  }

  /** Nothing bad is remembered. */
  isClean(now: number): boolean {
    this.#forget(now);
    return this.#openUntil === 0 && sum(this.#bad) === 0;
  }

  #count(outcomes: Uint32Array, now: number): void {
    this.#forget(now);
    outcomes[this.#part % PARTS]!++;
  }

  #forget(now: number): void {
    const part = Math.floor(now / (this.#limits.window_ms / PARTS));
    if (part - this.#part >= PARTS) this.#clear();
    else
      for (let old = this.#part + 1; old <= part; old++) {
        this.#good[old % PARTS] = 0;
        this.#bad[old % PARTS] = 0;
      }
    this.#part = part;
  }

  #open(now: number, why: string): void {
    const { open_ms, longest_open_ms } = this.#limits;
    this.#why = why;
    this.#openedAt = now;
    this.#openUntil = now + Math.min(longest_open_ms, open_ms * 2 ** this.#openings++);
    this.#probeUntil = 0;
  }

  #close(): void {
    this.#openUntil = 0;
    this.#probeUntil = 0;
    this.#openings = 0;
    this.#clear();
  }

  #clear(): void {
    this.#good.fill(0);
    this.#bad.fill(0);
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
