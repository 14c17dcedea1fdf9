import { serveLogStore, type LogStoreOptions } from "./server.ts";

// A log store as a process of its own: `fork(process.ts, [JSON.stringify(options)])`. It sends `{ url, port }` when it
// answers, or `{ failed }` with one line before it exits with code 1, and leaves with its parent.
process.on("disconnect", () => process.exit(0));

try {
  const store = await serveLogStore(JSON.parse(process.argv[2]!) as LogStoreOptions);
  process.on("SIGTERM", () => void store.close().then(() => process.exit(0)));
  process.send?.({ url: store.url, port: store.port });
} catch (error) {
  const line = error instanceof Error ? error.message : String(error);
  console.error(line);
  if (process.send) process.send({ failed: line }, () => process.exit(1));
  else process.exit(1);
}
