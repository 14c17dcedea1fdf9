/** The control API as a command sees it. Every method throws a `FlywheelError` with the server's code and message. */
export interface ControlClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** Server-sent events of `path`, parsed; ends when `signal` aborts or the server goes away. */
  events<T>(path: string, signal: AbortSignal): AsyncIterable<T>;
}

/** What a command is run with. Results go to `out`, everything else to `note`. */
export interface CommandContext {
  /** Connects on first use: to the running server of the data folder, or to one opened for this command alone. */
  api(): Promise<ControlClient>;
  out(line: string): void;
  note(line: string): void;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  json: boolean;
  /** Whether `out` is a terminal with colours. */
  color: boolean;
}

/** Parsed options by their camelCase name; a list where the flags say `<name...>`. */
export type CommandOptions = Record<string, string | boolean | string[] | undefined>;

/** One `flywheel` command as data; a feature declares its own in its `command.ts` and the CLI lists them. */
export interface Command {
  /** With its arguments, such as `keys revoke <id>`. */
  usage: string;
  summary: string;
  options?: { flags: string; description: string; default?: string }[];
  examples: string[];
  /** Returns the exit code (0 where it returns nothing). */
  run(context: CommandContext, args: (string | undefined)[], options: CommandOptions): Promise<number | void>;
}
