import type { BundleQuestion } from "./bundle.ts";
import { bundleModule } from "./rolldown.ts";

// Runs in a process of its own, since the bundler is native code that keeps 40 MB for as long as its process lives.

process.once("message", async (question: BundleQuestion) => {
  process.send!(await bundleModule(question));
});
