import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

const source = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/**
 * What axe-core finds wrong with the page as it stands: `rule: element (why)`, empty where all is well. Evaluated
 * through the debugger, which a strict content security policy doesn't stop.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const expression = `${source}; axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => id + ": " + node.html.slice(0, 160) + " (" + node.failureSummary + ")")))`;
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  if (exceptionDetails) throw new Error(`axe-core failed: ${exceptionDetails.text}`);
  return result.value as string[];
}
