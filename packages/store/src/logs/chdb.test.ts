import { after } from "node:test";
import { forkLogStore, type ForkedLogStore, temporaryFolder } from "../../test/forked-log-store.ts";
import { logStoreConformance } from "./conformance.ts";

const folder = temporaryFolder();
let front: ForkedLogStore | undefined;

logStoreConformance("chDB behind the front", async () => {
  front = await forkLogStore(folder.path);
  return { url: front.url, password: front.secret };
});

after(async () => {
  await front?.stop();
  folder.remove();
});

// A real server or cluster, where there is one.
const {
  CLICKHOUSE_URL: url,
  CLICKHOUSE_USER: username,
  CLICKHOUSE_PASSWORD: password,
  CLICKHOUSE_ENGINE: engine,
} = process.env;
if (url)
  logStoreConformance("the ClickHouse server at CLICKHOUSE_URL", async () => ({ url, username, password, engine }));
