import type { ListedEndpoint } from "@flywheel/protocol";
import { useState } from "react";
import type { Json } from "../../text/json.ts";
import { blankOf } from "../../text/schema-form.ts";

const keyOf = (name: string): string => `flywheel-input-${name}`;

/** The input that is being written for an endpoint. It is kept in this tab, also over an edit of the endpoint's file. */
export function useEndpointInput({ name, input }: ListedEndpoint): [Json, (value: Json) => void, reset: () => void] {
  const [value, setValue] = useState<Json>(() => kept(name) ?? blankOf(input, input));
  const change = (next: Json): void => {
    setValue(next);
    keepInput(name, next);
  };
  return [value, change, () => change(blankOf(input, input))];
}

/** Lets an endpoint's page begin with this input. */
export const keepInput = (name: string, value: Json): void =>
  sessionStorage.setItem(keyOf(name), JSON.stringify(value));

function kept(name: string): Json | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(name)) ?? "") as Json;
  } catch {
    return undefined;
  }
}
