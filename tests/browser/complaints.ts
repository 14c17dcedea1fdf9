import type { Page } from "playwright-core";

/** An answer that is not 2xx: what it means stands on the page, and a busy server may give one for a moment. */
const ANSWERED = /^Failed to load resource: the server responded with a status of/;

/** Whatever the browser complains about from now on: script errors, policy violations, requests to other origins. */
export function complaintsOf(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !ANSWERED.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (!/^(?:data:|blob:)/.test(request.url()) && new URL(request.url()).origin !== origin)
      complaints.push(`request to ${request.url()}`);
  });
  return complaints;
}
