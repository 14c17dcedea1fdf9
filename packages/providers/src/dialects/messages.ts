import { FlywheelError } from "@flywheel/protocol";
import type { ModelMessage, ModelRequest } from "@flywheel/protocol";
import { isEmpty } from "./json.ts";
import type { Json } from "./json.ts";

/** A request with nothing asked for yet. */
export function emptyRequest(model: string, stream: boolean): ModelRequest {
  return { model, stream, messages: [], tools: [], ignored: [], unsupported: [] };
}

/** Add a message; one of the same role goes on where it stopped, as several dialects want roles to alternate. */
export function addMessage(messages: ModelMessage[], { role, parts }: ModelMessage): void {
  const last = messages.at(-1);
  if (last?.role === role && role !== "system") last.parts.push(...parts);
  else messages.push({ role, parts: [...parts] });
}

/** @throws FlywheelError for the first field that cannot be said in neutral words */
export function refuseUnsupported(request: ModelRequest): void {
  const [first] = request.unsupported;
  if (first) throw unsupported(first.param.slice(0, 200), first.reason.slice(0, 200));
}

export function unsupported(param: string, reason: string): FlywheelError {
  return new FlywheelError("unsupported_parameter", { param, reason }, { param });
}

/** Sort the fields nobody read into those that may be left out and those that may not. */
export function leftOver(
  body: Json,
  known: ReadonlySet<string>,
  essential: Readonly<Record<string, string>>,
  request: ModelRequest,
): void {
  for (const [name, value] of Object.entries(body)) {
    if (known.has(name) || isEmpty(value)) continue;
    if (Object.hasOwn(essential, name)) request.unsupported.push({ param: name, reason: essential[name]! });
    else request.ignored.push(name);
  }
}
