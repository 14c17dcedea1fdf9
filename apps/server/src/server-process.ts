import { createServer } from "node:http";
import { Worker } from "node:worker_threads";
import { type Alarm, type Config, FlywheelError, type ProcessStatus, type ServerStatus } from "@flywheel/protocol";
import { keyRoutes, openControlStore } from "@flywheel/store/control";
import { followKeys } from "@flywheel/store/keys";
import { createLogStore, generationRoutes, type LogStore } from "@flywheel/store/logs";
import { runChild, type SupervisorLine } from "./child.ts";
import { controlApi, sendError, sendJson } from "./control-api.ts";
import { displayOf } from "./generation-row.ts";
import { allowedHosts, isAllowedHost } from "./hosts.ts";
import type { FromIngest, IngestStart, ToIngest } from "./ingest-thread.ts";
import { liveTail } from "./live.ts";
import type { ServerInit } from "./messages.ts";
import { modelRoutes } from "./model-routes.ts";
import { scheduleRetention } from "./retention.ts";
import { sessions } from "./session.ts";
import { studio } from "./studio.ts";

const VERSION = "0.1.0";

/** The control API, the studio and the ingest thread. Nothing here is on the path of a generation. */
runChild<ServerInit>(async (init, line) => {
  const { folder, token } = init;
  const control = await openControlStore(folder.control);
  const keys = followKeys(folder.control);
  const live = liveTail();
  const state = { config: init.config, configError: init.configError, processes: [] as ProcessStatus[], pending: 0, alarms: [] as Alarm[] };
  let logs: LogStore | undefined = init.logstore.url ? createLogStore({ url: init.logstore.url, password: init.logstore.secret }) : undefined;

  const ingest = startIngest(init, line, live, state);
  const { identify, handle: handleSession } = sessions(token, keys.resolve);
  const pages = studio(folder.studio);
  const api = controlApi(
    [
      ...generationRoutes(lazily(() => logs), displayOf),
      ...keyRoutes(control),
      ...modelRoutes(() => state.config),
      { method: "GET", path: "/api/status", scope: "admin", handle: () => status(init, state) },
    ],
    identify,
  );

  const allowed = allowedHosts(init.allowHosts);
  const server = createServer((request, response) => {
    const path = request.url!.split("?", 1)[0]!;
    if (!isAllowedHost(request.headers.host, allowed)) return sendError(response, new FlywheelError("host_not_allowed", { host: request.headers.host ?? "" }));
    if (path === "/healthz") return sendJson(response, 200, { ok: true });
    if (path === "/api/session") return void handleSession(request, response);
    if (path === "/api/generations/live") {
      const caller = identify(request);
      return caller instanceof FlywheelError ? sendError(response, caller) : live.attach(response);
    }
    if (api(request, response)) return;
    if (path === "/studio" || path.startsWith("/studio/")) return pages.handle(request, response);
    sendError(response, new FlywheelError("not_found", { path }));
  });

  line.on((message) => {
    if (message.type === "config") {
      state.config = message.config;
      state.configError = message.error;
      ingest.postMessage({ type: "config", config: message.config } satisfies ToIngest);
    } else if (message.type === "logstore") {
      void logs?.close();
      logs = createLogStore({ url: message.url, password: init.logstore.secret });
      ingest.postMessage({ type: "logstore", url: message.url } satisfies ToIngest);
    } else if (message.type === "dead-writers") ingest.postMessage({ type: "dead-writers", writers: message.writers } satisfies ToIngest);
    else if (message.type === "processes") state.processes = message.processes;
    else if (message.type === "drain") void drain();
  });

  scheduleRetention(lazily(() => logs), () => state.config.retention.days);

  async function drain(): Promise<void> {
    live.close();
    await new Promise<void>((resolve) => {
      ingest.on("message", (message: FromIngest) => message.type === "stopped" && resolve());
      ingest.postMessage({ type: "stop" } satisfies ToIngest);
    });
    server.close();
    keys.close();
    await Promise.all([control.close(), logs?.close()]);
    process.exit(0);
  }

  await listen(server, init.port);
  const address = server.address();
  line.send({ type: "ready", port: typeof address === "object" && address ? address.port : 0 });
});

interface ServerState {
  config: Config;
  configError: string;
  processes: ProcessStatus[];
  pending: number;
  alarms: Alarm[];
}

function startIngest(init: ServerInit, line: SupervisorLine, live: ReturnType<typeof liveTail>, state: ServerState): Worker {
  const { folder, config, boot, deadWriters, logstore } = init;
  const ingest = new Worker(new URL("./ingest-thread.ts", import.meta.url), {
    workerData: { folder, config, boot, deadWriters, logstore } satisfies IngestStart,
  });
  // Without ingest nothing becomes a row: better to die and be started again as a whole.
  ingest.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  ingest.on("message", (message: FromIngest) => {
    if (message.type === "generations") {
      live.publish(message.generations);
      line.send(message);
    } else if (message.type === "alarms") {
      state.alarms = message.alarms;
      line.send(message);
    } else if (message.type === "pending") state.pending = message.count;
  });
  return ingest;
}

function status(init: ServerInit, state: ServerState): ServerStatus {
  const invalid: Alarm[] = state.configError ? [{ code: "config_invalid", message: state.configError, since: init.started }] : [];
  return {
    version: VERSION,
    started: init.started,
    data_dir: init.folder.path,
    processes: state.processes,
    pending: state.pending,
    alarms: [...state.alarms, ...invalid],
  };
}

/** The log store as routes see it: whichever connection is current, or a clear error while it opens. */
function lazily(current: () => LogStore | undefined): LogStore {
  return new Proxy({} as LogStore, {
    get(_, name: keyof LogStore) {
      const logs = current();
      if (!logs) throw new FlywheelError("store_unavailable");
      return logs[name].bind(logs);
    },
  });
}

/** The same port as before a restart where it is still free. */
function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (port !== 0 && error.code === "EADDRINUSE") listen(server, 0).then(resolve, reject);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}
