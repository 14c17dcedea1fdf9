import type { Page } from "playwright-core";
import type { Flywheel } from "../../system/flywheel.ts";

/** One page of the studio in one state, to be looked at. */
export interface Scene {
  /** The name of its files: `<name>-<width>-<light|dark>.png`. */
  name: string;
  /** Address under `/studio`; without it the page is as the scene before left it. */
  path?: string;
  /** Leads to the state, by what a person does, and waits until it is there. */
  act?(page: Page, flywheel: Flywheel): Promise<unknown>;
}

/** Waits until the page has nothing more to load and shows no skeleton. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector(".skeleton, .skeleton-tiles, .skeleton-block"));
  await page.evaluate(() => document.fonts.ready);
}
