/**
 * uPlot takes the browser's language for a language tag when it is loaded. Under the C locale Chromium says
 * `en-US@posix`, which is none: then loading throws, and with it the page.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
