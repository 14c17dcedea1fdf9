import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ProjectState } from "@flywheel/project";
import { type Alarm, type Config, FlywheelError, type ProcessStatus, type ServerStatus } from "@flywheel/protocol";
import { endpointRoutes } from "@flywheel/project/routes";
import {
  type ControlStore,
  keyRoutes,
  openControlStore,
  savedFilterRoutes,
  savedRequestRoutes,
} from "@flywheel/store/control";
import { followKeys, hashSecret } from "@flywheel/store/keys";
import { createLogStore, eventRoutes, generationRoutes, type LogStore, usageRoutes } from "@flywheel/store/logs";
import { evalRoutes, evalRuns } from "@flywheel/evals";
import { createPromotions, promotionRoutes, trialRoutes, watchTrials } from "@flywheel/deploy";
import { datasetLibrary, datasetRoutes } from "@flywheel/tuning/dataset";
import { fileFolder, fileRoutes, fineTuningRoutes } from "@flywheel/tuning/fine-tuning";
import { jobRoutes } from "@flywheel/tuning/jobs";
import { runChild, type SupervisorLine } from "./child.ts";
import { checkMethod, controlApi, sendError, sendJson, splitUrl } from "./control-api.ts";
import { devKey, renewDevKey } from "./data-folder.ts";
import { watchDisk } from "./disk.ts";
import { displayOf } from "./generation-row.ts";
import { allowedHosts, isAllowedHost } from "./hosts.ts";
import type { FromIngest, IngestStart, ToIngest } from "./ingest-thread.ts";
import { type LiveTail, liveTail } from "./live.ts";
import type { ServerInit } from "./messages.ts";
import { localHealth } from "./local-model-info.ts";
import { modelRoutes } from "./model-routes.ts";
import { scheduleRetention } from "./retention.ts";
import { sessionKeyRoute } from "./session-key.ts";
import { sessions } from "./session.ts";
import { studio } from "./studio.ts";
import { tuningJobs } from "./tuning-jobs.ts";

const VERSION = "0.1.0";

/** What this process knows of the others, and of what needs a person. */
interface State {
  config: Config;
  configError: string;
  processes: ProcessStatus[];
  /** Generations that are not rows yet. */
  pending: number;
  ingestAlarms: Alarm[];
  diskAlarm: Alarm | undefined;
  /** Where local models answer; "" where none was asked for yet. */
  local: { url: string; secret: string };
  project: ProjectState | null;
}

/** The control API, the studio and the ingest thread. Nothing here is on the path of a generation. */
runChild<ServerInit>(async (init, line) => {
  const { folder } = init;
  const control = await openControlStore(folder.control);
  if (init.mode === "dev") await ensureDevKey(control, init);
  const keys = followKeys(folder.control);
  const { config, configError, local } = init;
  const state: State = {
    config,
    configError,
    local,
    project: init.project,
    processes: [],
    pending: 0,
    ingestAlarms: [],
    diskAlarm: undefined,
  };
  const logs = logStoreHolder(init);
  const live = liveTail();
  const ingest = startIngest(init, line, live, state);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
  const tellIngest = (message: ToIngest) => ingest.postMessage(message);

  const { authorize, handle: handleSession } = sessions(init.token, keys.resolve);
  const datasets = datasetLibrary({ dir: folder.datasets, logs: logs.store, control, display: displayOf });
  const promotions = createPromotions(() => state.config, control);
  const { publicUrl } = init;
  const jobs = tuningJobs({
    dataDir: folder.path,
    config: () => state.config,
    datasets,
    control,
    promotions,
    publicUrl,
  });
  const files = fileFolder(join(folder.path, "files"));
  // Of a provider's model it is the provider who says.
  const isServed = (model: string) => !model.startsWith("local/") || Object.hasOwn(state.config.local, model.slice(6));
  const pages = studio(folder.studio);
  const api = controlApi(
    [
      ...generationRoutes(logs.store, displayOf),
      ...usageRoutes(logs.store),
      ...eventRoutes(logs.store),
      ...datasetRoutes(datasets),
      ...promotionRoutes(promotions),
      ...trialRoutes(() => state.config, control, logs.store),
      ...jobRoutes(jobs),
      ...evalRoutes(evalRuns(folder.path)),
      ...fileRoutes(files),
      ...fineTuningRoutes({ files, datasets, jobs, isServed }),
      ...keyRoutes(control),
      ...savedRequestRoutes(control),
      ...savedFilterRoutes(control),
      sessionKeyRoute(control),
      ...modelRoutes(
        () => state.config,
        localHealth(() => state.local),
        logs.store,
      ),
      ...endpointRoutes(init.projectDir, () => state.project),
      { method: "GET", path: "/api/status", scope: "admin", handle: () => statusOf(init, state) },
    ],
    authorize,
  );
  const allowed = allowedHosts(init.allowHosts);

  function dispatch(request: IncomingMessage, response: ServerResponse): void {
    if (!isAllowedHost(request.headers.host, allowed))
      throw new FlywheelError("host_not_allowed", { host: request.headers.host ?? "" });
    const { path } = splitUrl(request.url!);
    if (path === "/healthz") sendJson(response, 200, { ok: true });
    else if (path === "/api/session") handleSession(request, response);
    else if (path === "/api/generations/live") {
      checkMethod(request, ["GET"]);
      authorize(request, "admin");
      live.attach(response);
    } else if (/^\/studio(\/|$)/.test(path)) pages.handle(request, response);
    else if (!api(request, response)) throw new FlywheelError("not_found", { path: path.slice(0, 200) });
  }

  const server = createServer((request, response) => {
    response.on("error", () => {});
    try {
      dispatch(request, response);
    } catch (error) {
      sendError(response, error);
    }
  });

  line.on((message) => {
    if (message.type === "config") {
      state.config = message.config;
      state.configError = message.error;
      tellIngest({ type: "config", config: message.config });
      tellAlarms();
    } else if (message.type === "logstore") {
      logs.use(message.url);
      tellIngest(message);
    } else if (message.type === "local") state.local = message;
    else if (message.type === "dead-writers") tellIngest(message);
    else if (message.type === "build") state.project = message.project;
    else if (message.type === "processes") state.processes = message.processes;
    else if (message.type === "drain") void drain();
  });

  const tellAlarms = () => line.send({ type: "alarms", alarms: alarmsOf(init, state) });
  watchDisk(folder.wal, (alarm) => {
    state.diskAlarm = alarm;
    tellAlarms();
  });
  const trials = watchTrials({
    config: () => state.config,
    control,
    logs: logs.store,
    note: (line) => console.error(line),
  });
  scheduleRetention(logs.store, () => state.config.retention.days);

  async function drain(): Promise<void> {
    live.close();
    server.close();
    await new Promise<void>((resolve) => {
      ingest.on("message", (message: FromIngest) => message.type === "stopped" && resolve());
      tellIngest({ type: "stop" });
    });
    trials.close();
    keys.close();
    await jobs.stop();
    await Promise.all([control.close(), logs.close()]);
    process.exit(0);
  }

  line.send({ type: "ready", port: await listen(server, init.port) });
  if (init.serving) jobs.resume();
  // After the first call could be answered; whoever opens the studio meanwhile waits for it.
  if (init.serving) setTimeout(() => pages.prepare().catch((error: Error) => console.error(error.message)), STUDIO_MS);
});

const STUDIO_MS = 500;

/** The dev key is an ordinary key that happens to be kept in a file. One that was revoked or rotated is replaced. */
async function ensureDevKey(control: ControlStore, { folder }: ServerInit): Promise<void> {
  const input = { name: "dev", environment: "development", scopes: ["inference" as const, "admin" as const] };
  const secret = devKey(folder);
  const { revoked, hash } = await control.ensureKey(secret, input);
  if (revoked !== null || hash !== hashSecret(secret)) await control.ensureKey(renewDevKey(folder), input);
}

function startIngest(init: ServerInit, line: SupervisorLine, live: LiveTail, state: State): Worker {
  const { folder, config, boot, deadWriters, logstore } = init;
  const ingest = new Worker(new URL("./ingest-thread.ts", import.meta.url), {
    workerData: { folder, config, boot, deadWriters, logstore } satisfies IngestStart,
  });
  ingest.on("error", (error: Error & { code?: string }) => {
    // A damaged journal stays damaged.
    if (error.code === "store_damaged") return line.fail(error);
    // Without ingest nothing becomes a row: better to die and be started again as a whole.
    console.error(error);
    process.exit(1);
  });
  ingest.on("message", (message: FromIngest) => {
    if (message.type === "generations") {
      live.publish(message.generations.filter(({ shadow_of }) => shadow_of === ""));
      line.send(message);
    } else if (message.type === "alarms") {
      state.ingestAlarms = message.alarms;
      line.send({ type: "alarms", alarms: alarmsOf(init, state) });
    } else if (message.type === "pending") state.pending = message.count;
  });
  return ingest;
}

function statusOf(init: ServerInit, state: State): ServerStatus {
  return {
    version: VERSION,
    started: init.started,
    data_dir: init.folder.path,
    processes: state.processes,
    pending: state.pending,
    alarms: alarmsOf(init, state),
  };
}

function alarmsOf(init: ServerInit, { ingestAlarms, diskAlarm, configError }: State): Alarm[] {
  const alarms = ingestAlarms.filter(({ code }) => code !== diskAlarm?.code);
  if (diskAlarm) alarms.push(diskAlarm);
  if (configError) alarms.push({ code: "config_invalid", message: configError, since: init.started });
  return alarms;
}

/** The log store for routes: the current connection, or a clear error while there is none yet. */
function logStoreHolder({ logstore }: ServerInit) {
  let current: LogStore | undefined;
  const use = (url: string) => {
    void current?.close();
    current = createLogStore({ url, password: logstore.secret });
  };
  if (logstore.url) use(logstore.url);
  const store = new Proxy({} as LogStore, {
    get(_, name: keyof LogStore) {
      if (!current) throw new FlywheelError("store_unavailable");
      return current[name].bind(current);
    },
  });
  return { store, use, close: async () => current?.close() };
}

/** Listen on the same port as before a restart where it is still free; gives the port. */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (port !== 0 && error.code === "EADDRINUSE") listen(server, 0).then(resolve, reject);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}
