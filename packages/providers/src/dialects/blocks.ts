import type { StreamPart } from "@flywheel/protocol";

type BlockKind = "text" | "reasoning" | "tool-call";

/**
 * Numbers the blocks of a stream for dialects that do not: a piece of another kind ends the block before it, so that
 * blocks follow each other and never overlap.
 */
export class Blocks {
  #next = 0;
  /** Calls by key: a server may go back to one that another interrupted. */
  #calls = new Map<unknown, number>();
  #open: { kind: BlockKind; block: number; key: unknown; signature?: string } | undefined;

  text(text: string, extra: { logprobs?: Extract<StreamPart, { type: "text-delta" }>["logprobs"] } = {}): StreamPart[] {
    const parts = this.#enter("text", undefined);
    return [...parts, { type: "text-delta", block: this.#open!.block, text, ...extra }];
  }

  reasoning(text: string): StreamPart[] {
    const parts = this.#enter("reasoning", undefined);
    return [...parts, { type: "reasoning-delta", block: this.#open!.block, text }];
  }

  /** @param key tells calls apart; the first piece of each must come with `id` and `name` */
  call(key: unknown, id: string, name: string, text: string): StreamPart[] {
    const earlier = this.#open?.key === key ? undefined : this.#calls.get(key);
    if (earlier !== undefined) return [{ type: "tool-call-delta", block: earlier, arguments: text }];
    const parts = this.#enter("tool-call", key, { id, name });
    this.#calls.set(key, this.#open!.block);
    if (text === "") return parts;
    return [...parts, { type: "tool-call-delta", block: this.#open!.block, arguments: text }];
  }

  /** Proof that belongs to the open block, told when it ends. */
  sign(signature: string): void {
    if (this.#open) this.#open.signature = signature;
  }

  end(): StreamPart[] {
    const open = this.#open;
    if (!open) return [];
    this.#open = undefined;
    const { kind, block, signature } = open;
    if (kind === "text") return [{ type: "text-end", block }];
    return [{ type: `${kind}-end`, block, ...(signature !== undefined && { signature }) }];
  }

  #enter(kind: BlockKind, key: unknown, call: { id: string; name: string } = { id: "", name: "" }): StreamPart[] {
    if (this.#open?.kind === kind && this.#open.key === key) return [];
    const ended = this.end();
    const block = this.#next++;
    this.#open = { kind, block, key };
    return [
      ...ended,
      kind === "tool-call" ? { type: "tool-call-start", block, ...call } : { type: `${kind}-start`, block },
    ];
  }
}
