import type { FromRunner, Thrown } from "./frames.ts";

type Fields = Record<string, unknown>;

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => Number.isSafeInteger(value);
const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isPair = (value: unknown) => Array.isArray(value) && value.length === 2 && value.every(isText);
const isPosition = (value: unknown) => isObject(value) && isNumber(value["line"]) && isNumber(value["column"]);
const isListOf = (is: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(is);

/** What the fields of each kind of message must be. */
const CHECKS: Record<FromRunner["type"], Record<string, (value: unknown) => boolean>> = {
  loaded: { definitions: (value) => isObject(value) && Object.values(value).every(isLoaded) },
  begun: { id: isNumber },
  rendered: { id: isNumber },
  threw: {
    id: (value) => value === undefined || isNumber(value),
    message: isText,
    frames: isListOf(isPosition) satisfies (value: Thrown["frames"]) => boolean,
  },
  fetch: { id: isNumber, url: isText, method: isText, headers: isListOf(isPair), body: isText },
  cancel: { id: isNumber },
  pong: {},
  log: { text: isText },
};

function isLoaded(value: unknown): boolean {
  return isObject(value) && isObject(value["schemas"]) && Object.values(value["schemas"]).every(isSchemaSaid);
}

function isSchemaSaid(value: unknown): boolean {
  return isObject(value) && (isText(value["json"]) || (isText(value["problem"]) && isText(value["suggestion"])));
}

/** A stranger's code may have got at the runner's pipe, so nothing from there is taken for what it says it is. */
export function isFromRunner(message: unknown): message is FromRunner {
  if (!isObject(message)) return false;
  const fields = Object.entries(CHECKS).find(([type]) => type === message["type"])?.[1];
  return fields !== undefined && Object.entries(fields).every(([name, is]) => is(message[name]));
}
