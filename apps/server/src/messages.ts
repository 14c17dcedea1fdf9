import type { Alarm, Config, GenerationSummary, ProcessStatus } from "@flywheel/protocol";
import type { DataFolder } from "./data-folder.ts";

export type Mode = "dev" | "start";

/** First message to a gateway worker. */
export interface GatewayInit {
  folder: DataFolder;
  config: Config;
  /** Name of the WAL writer of this process life. */
  writer: string;
  mode: Mode;
  host: string;
  port: number;
  allowHosts: string[];
  serverUrl: string;
}

/** First message to the server process. */
export interface ServerInit {
  folder: DataFolder;
  mode: Mode;
  /** Whether people will look at the studio: then it is built now. */
  serving: boolean;
  config: Config;
  configError: string;
  /** Port to come back on after a restart; 0 the first time. */
  port: number;
  boot: string;
  deadWriters: string[];
  logstore: { url: string; secret: string };
  local: { url: string; secret: string };
  allowHosts: string[];
  token: string;
  started: number;
}

/** First message to the log store process. */
export interface LogStoreInit {
  folder: DataFolder;
  port: number;
  secret: string;
}

/** First message to the local-model process. */
export interface LocalInit {
  folder: DataFolder;
  models: Config["local"];
  secret: string;
}

/** From the supervisor to a child, after the first message. */
export type ToChild =
  | { type: "config"; config: Config; error: string }
  | { type: "server"; url: string }
  | { type: "logstore"; url: string }
  | { type: "dead-writers"; writers: string[] }
  | { type: "processes"; processes: ProcessStatus[] }
  | { type: "local"; url: string; secret: string; error: string }
  | { type: "drain" };

/** From a child to the supervisor. */
export type FromChild =
  | { type: "ready"; port: number }
  | { type: "need-local" }
  | { type: "generations"; generations: GenerationSummary[] }
  | { type: "alarms"; alarms: Alarm[] }
  /** The child cannot run here and will exit; trying again would not help. */
  | { type: "failed"; message: string };
