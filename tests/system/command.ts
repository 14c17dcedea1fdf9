import { type ChildProcess, spawn } from "node:child_process";
import { COMMAND, quietEnvironment } from "./flywheel.ts";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** Written to stdin, which is then closed. */
  input?: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** A command under way. */
export interface RunningCommand {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  ended: Promise<Ended>;
}

/** Run `flywheel <args>` as a person would, and wait for its end. */
export function flywheel(args: string[], options: CommandOptions = {}): Promise<Ended> {
  return startCommand(args, options).ended;
}

export function startCommand(args: string[], { input = "", env = {}, cwd = "/" }: CommandOptions = {}): RunningCommand {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd, env: quietEnvironment(env) });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}
