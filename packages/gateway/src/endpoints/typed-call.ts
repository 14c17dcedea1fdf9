import { FlywheelError } from "@flywheel/protocol";
import type { FinishReason, ModelAnswer, ModelMessage, ModelRequest, OutputTier, StreamPart } from "@flywheel/protocol";
import type { Dialect, Provider } from "@flywheel/providers";
import { repair } from "@flywheel/schema/repair";
import { type Problem, sayProblems } from "@flywheel/schema/validate";
import type { ServedEndpoint } from "./catalogue.ts";
import { type OutputTarget, outputTarget, UNTYPED } from "./output-target.ts";

/** A refused answer, to be asked for again. */
interface Refused {
  text: string;
  problems: readonly Problem[];
}

/** One repair: a model that got the list of its mistakes and repeats them will not do better the third time. */
const REPAIRS = 1;

/**
 * What a call to a typed endpoint adds to any other call: what to ask of each target, and whether its answer is what the
 * endpoint promises.
 */
export class TypedCall {
  readonly served: ServedEndpoint;
  /** What came of the answer, once it is valid. */
  output: unknown;
  /** What had to be mended before the last answer could be read. */
  mended: readonly string[] = [];

  #messages: ModelMessage[];
  #target: OutputTarget = UNTYPED;
  #refused: Refused | undefined;
  #repairs = 0;
  #text = "";
  #held: StreamPart[] = [];
  #liftText: ((text: string) => string) | undefined;

  constructor(served: ServedEndpoint, messages: ModelMessage[]) {
    this.served = served;
    this.#messages = messages;
  }

  /** The same call, of which nothing was asked yet. */
  again(): TypedCall {
    return new TypedCall(this.served, this.#messages);
  }

  /** Whoever is asked next: how its answer will be held to the type. Begins a new answer. */
  aim(provider: Provider, answering: Dialect): OutputTier {
    this.#target = outputTarget(this.served.endpoint, provider, answering);
    this.#text = "";
    this.#held = [];
    this.#liftText = this.#target.liftText?.();
    return this.#target.tier;
  }

  /** Whether an answer is given away as it comes: what is certain to be valid at its end is not held back. */
  get #live(): boolean {
    return this.#target.tier !== "prompt" && (this.#target.lift === undefined || this.#liftText !== undefined);
  }

  request(model: string, stream: boolean): ModelRequest {
    const { endpoint } = this.served;
    const { schema, strict, said } = this.#target;
    const name = endpoint.name.replace(/[^\w-]/g, "_").slice(-64);
    return {
      model,
      stream,
      messages: [...told(this.#messages, said), ...this.#correction()],
      tools: [],
      ...(schema && { output: { type: "json_schema", name, schema, strict } }),
      ...(endpoint.temperature !== undefined && { temperature: endpoint.temperature }),
      ...(endpoint.max_output_tokens !== undefined && { max_output_tokens: endpoint.max_output_tokens }),
      ignored: [],
      unsupported: [],
    };
  }

  #correction(): ModelMessage[] {
    if (!this.#refused) return [];
    const { text, problems } = this.#refused;
    const said = `That does not match the schema: ${sayProblems(problems)}. Answer again, only with the corrected JSON.`;
    return [
      { role: "assistant", parts: [{ type: "text", text }] },
      { role: "user", parts: [{ type: "text", text: said }] },
    ];
  }

  /** Whether the one who gave the invalid answer may give another. */
  mayRepair(): boolean {
    return this.#refused !== undefined && this.#repairs++ < REPAIRS;
  }

  /**
   * The answer as the client gets it: one text, the output's JSON.
   * @returns `output_invalid` where it is none
   */
  settle(answer: ModelAnswer): ModelAnswer | FlywheelError {
    this.#text = answer.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    const text = this.#settleText(answer.finish?.reason ?? "other");
    return text instanceof FlywheelError ? text : { ...answer, parts: [{ type: "text", text }] };
  }

  /**
   * What becomes of a part of a stream: it goes on as it is, or is held back until the whole answer is known.
   * @returns `output_invalid` at the end of an answer that is none
   */
  parts(part: StreamPart): readonly StreamPart[] | FlywheelError {
    if (part.type === "text-delta") this.#text += part.text;
    if (part.type.startsWith("reasoning") || part.type.startsWith("tool")) return [];
    if (part.type !== "finish") {
      if (this.#live) return this.#lifted(part);
      if (part.type === "start") this.#held.push(part);
      return [];
    }
    const text = this.#settleText(part.reason);
    if (text instanceof FlywheelError) return text;
    if (this.#live) return [part];
    const block = { block: 0 };
    return [...this.#held, { type: "text-start", ...block }, { type: "text-delta", ...block, text }, { type: "text-end", ...block }, part]; // prettier-ignore
  }

  #lifted(part: StreamPart): readonly StreamPart[] {
    if (part.type !== "text-delta" || !this.#liftText) return [part];
    const text = this.#liftText(part.text);
    return text === "" ? [] : [{ ...part, text }];
  }

  #settleText(finish: FinishReason): string | FlywheelError {
    const { checkOutput, endpoint } = this.served;
    if (!checkOutput) {
      this.output = this.#text;
      return this.#text;
    }
    const problems =
      finish === "length"
        ? [{ path: "", message: "was cut off at the limit of output tokens" }]
        : this.#read(checkOutput);
    if (problems.length === 0) return JSON.stringify(this.output);
    // Asked again with the same limit it would be cut off again.
    this.#refused = finish === "length" ? undefined : { text: this.#text, problems };
    return new FlywheelError("output_invalid", { endpoint: endpoint.name, problems: sayProblems(problems) });
  }

  #read(check: (value: unknown) => readonly Problem[]): readonly Problem[] {
    const read = repair(this.#text);
    this.mended = read?.mended ?? [];
    if (!read) return [{ path: "", message: "is not JSON" }];
    this.output = this.#target.lift ? this.#target.lift(read.value) : read.value;
    return check(this.output);
  }
}

/** Messages with a few more words for the model, at the end of what the system says. */
function told(messages: readonly ModelMessage[], said: readonly string[]): ModelMessage[] {
  if (said.length === 0) return [...messages];
  const text = said.join("\n");
  const [first, ...rest] = messages;
  if (first?.role !== "system") return [{ role: "system", parts: [{ type: "text", text }] }, ...messages];
  return [{ ...first, parts: [...first.parts, { type: "text", text: `\n${text}` }] }, ...rest];
}
