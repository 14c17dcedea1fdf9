import { spawn } from "node:child_process";
import { eventually, COMMAND, quietEnvironment } from "./flywheel.ts";

/** A command on a terminal of its own (by `script`, of util-linux). */
export interface Terminal {
  /** Wait until it shows this, after what was waited for last. */
  shows(text: string | RegExp): Promise<void>;
  /** Press keys, then wait for what comes of them. */
  type(keys: string, then?: string | RegExp): Promise<void>;
  /** The exit code. */
  ended: Promise<number | null>;
}

export function openTerminal(args: string[]): Terminal {
  const line = [process.execPath, COMMAND, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qefc", line, "/dev/null"], { env: quietEnvironment({ TERM: "xterm" }) });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (screen += text));
  child.stdin.on("error", () => {});
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));

  async function shows(text: string | RegExp): Promise<void> {
    await eventually(
      async () => {
        const at = typeof text === "string" ? screen.indexOf(text) : screen.search(text);
        if (at < 0) return undefined;
        screen = screen.slice(at + (typeof text === "string" ? text.length : 1));
        return true;
      },
      `${String(text)} on the terminal`,
      15_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; it shows ${JSON.stringify(screen.slice(-500))}`);
    });
  }

  return {
    shows,
    async type(keys, then) {
      screen = "";
      child.stdin.write(keys);
      if (then !== undefined) await shows(then);
    },
    ended,
  };
}
