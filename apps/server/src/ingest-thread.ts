import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createRedactor, type Redactor } from "@flywheel/guard";
import {
  type Alarm,
  type Config,
  FlywheelError,
  type Generation,
  type GenerationSummary,
  SAMPLE_PROJECT,
} from "@flywheel/protocol";
import { createEventIngest, createIngest } from "@flywheel/store/ingest";
import { createLogStore, type LogStore } from "@flywheel/store/logs";
import type { DataFolder } from "./data-folder.ts";
import { eventRow } from "./event-row.ts";
import { generationRow } from "./generation-row.ts";

/** What the ingest thread is started with. */
export interface IngestStart {
  folder: DataFolder;
  config: Config;
  boot: string;
  deadWriters: string[];
  logstore: { url: string; secret: string };
}

export type ToIngest =
  | { type: "config"; config: Config }
  | { type: "dead-writers"; writers: string[] }
  | { type: "logstore"; url: string }
  | { type: "stop" };

export type FromIngest =
  | { type: "generations"; generations: GenerationSummary[] }
  | { type: "alarms"; alarms: Alarm[] }
  | { type: "pending"; count: number }
  | { type: "stopped" };

const port = parentPort!;
const tell = (message: FromIngest) => port.postMessage(message);
const { folder, boot, logstore, ...start } = workerData as IngestStart;

let config = start.config;
let redactor: Redactor = createRedactor(config.redaction);
let deadWriters = new Set(start.deadWriters);
const openLogs = (url: string): LogStore => createLogStore({ url, password: logstore.secret });
let logs = logstore.url ? openLogs(logstore.url) : undefined;
const alarms = new Map<Alarm["code"], Alarm>();
const eventAlarms = new Map<Alarm["code"], Alarm>();

async function insert(rows: Generation[], batch: string): Promise<void> {
  if (!logs) throw new FlywheelError("store_unavailable");
  await logs.insert(rows, batch);
}

function tellAlarms(): void {
  const fromEvents = [...eventAlarms.values()].filter(({ code }) => !alarms.has(code));
  tell({ type: "alarms", alarms: [...alarms.values(), ...fromEvents] });
}

/** Only a writer of this run can still be alive: the supervisor waited for every older process to end. */
const isAlive = (writer: string): boolean => writer.startsWith(`${boot}-`) && !deadWriters.has(writer);

const ingest = createIngest({
  dir: folder.wal,
  statePath: folder.ingestJournal,
  rejectsDir: folder.rejects,
  toRow: (begin, rawRequest, end, rawResponse) => generationRow(begin, rawRequest, end, rawResponse, config, redactor),
  redactBytes: (bytes) => redactor.bytes(bytes),
  insert,
  isAlive,
  keepSegmentSeconds: () => config.retention.wal_seconds,
  rejectDays: () => config.retention.days,
  onRows: (rows) => tell({ type: "generations", generations: rows.filter(isNews).map(summary) }),
  onAlarm(alarm) {
    alarms.set(alarm.code, alarm);
    tellAlarms();
  },
  onClear(code) {
    alarms.delete(code);
    tellAlarms();
  },
});
ingest.start();

const eventIngest = createEventIngest({
  dir: folder.eventsWal,
  statePath: folder.eventsJournal,
  rejectsDir: join(folder.rejects, "events"),
  toRow: (head, payload) => eventRow(head, payload, config, redactor),
  redactBytes: (bytes) => redactor.bytes(bytes),
  insert: async (rows, token) => {
    if (!logs) throw new FlywheelError("store_unavailable");
    await logs.insertEvents(rows, token);
  },
  isAlive,
  keepSegmentSeconds: () => config.retention.wal_seconds,
  rejectDays: () => config.retention.days,
  onAlarm(alarm) {
    eventAlarms.set(alarm.code, alarm);
    tellAlarms();
  },
  onClear(code) {
    eventAlarms.delete(code);
    tellAlarms();
  },
});
eventIngest.start();
setInterval(() => tell({ type: "pending", count: ingest.pending() }), 1000).unref();

port.on("message", (message: ToIngest) => {
  if (message.type === "config") {
    config = message.config;
    redactor = createRedactor(config.redaction);
  } else if (message.type === "dead-writers") deadWriters = new Set(message.writers);
  else if (message.type === "logstore") logs = openLogs(message.url);
  else
    void Promise.all([ingest.stop(), eventIngest.stop()]).then(() => {
      tell({ type: "stopped" });
      port.close();
    });
});

/** A seeded month is history, and too much of it to watch. */
const isNews = ({ project }: Generation) => project !== SAMPLE_PROJECT;

/** A live tail shows lines, not bodies. */
function summary(
  row: Parameters<NonNullable<Parameters<typeof createIngest>[0]["onRows"]>>[0][number],
): GenerationSummary {
  const {
    input_text: _,
    output_text: __,
    request_body: ___,
    response_body: ____,
    usage_raw: _____,
    attempt_list: ______,
    redactions: _______,
    ...rest
  } = row;
  return rest;
}
