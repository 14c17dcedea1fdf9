import { defineConfig } from "flywheel";

export default defineConfig({
  routes: {
    // Without keys of providers, both are answered by the small model on this machine. With keys, for example:
    // fast: ["openai/gpt-5-mini", "local/spark"],
  },
});
