import type { ProjectState } from "@flywheel/project";
import type {
  Alarm,
  Config,
  EndpointBuild,
  ErrorCode,
  GenerationSummary,
  ProcessStatus,
  PromptMessage,
} from "@flywheel/protocol";
import type { DataFolder } from "./data-folder.ts";

export type Mode = "dev" | "start";

/** First message to a gateway worker. */
export interface GatewayInit {
  folder: DataFolder;
  config: Config;
  /** Signs generation tokens. */
  eventSecret: string;
  /** Name of the WAL writer of this process life. */
  writer: string;
  mode: Mode;
  host: string;
  port: number;
  allowHosts: string[];
  serverUrl: string;
  /** `null`: not built yet. */
  build: EndpointBuild | null;
}

/** First message to the server process. */
export interface ServerInit {
  folder: DataFolder;
  mode: Mode;
  /** Whether people will look at the studio: then it is built now. */
  serving: boolean;
  /** Where anyone calls models, with `/v1`; "" where no gateway runs. */
  publicUrl: string;
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
  projectDir: string;
  /** `null`: not built yet. */
  project: ProjectState | null;
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
  /** The project's code, after each edit. Only the server process looks at what is wrong with it. */
  | { type: "build"; project: ProjectState }
  | Rendered
  | { type: "drain" };

/** The answer to `render`. */
export type Rendered =
  | { type: "rendered"; id: number; messages: PromptMessage[] }
  | { type: "rendered"; id: number; error: { code: ErrorCode; message: string } };

/** From a child to the supervisor. */
export type FromChild =
  | { type: "ready"; port: number }
  | { type: "need-local" }
  /** What an endpoint says to a model about an input. */
  | { type: "render"; id: number; build: string; endpoint: string; input: unknown }
  | { type: "generations"; generations: GenerationSummary[] }
  | { type: "alarms"; alarms: Alarm[] }
  /** The child cannot run here and will exit; trying again would not help. */
  | { type: "failed"; message: string };
