import type { Locator } from "playwright-core";
import { eventually } from "../system/flywheel.ts";

/** Waits until the field holds this: a page shows its fields a moment before it fills them. */
export async function holds(field: Locator, wanted: string | RegExp): Promise<void> {
  const isRight = (value: string) => (typeof wanted === "string" ? value === wanted : wanted.test(value));
  await eventually(async () => isRight(await field.inputValue()) || undefined, `a field to hold ${wanted}`, 10_000);
}
