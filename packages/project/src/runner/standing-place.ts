import type { ChildProcess } from "node:child_process";

/** A position in a script; from 1. */
export interface Position {
  url: string;
  line: number;
  column: number;
}

interface Announcement {
  method?: string;
  params?: {
    scriptId?: string;
    url?: string;
    callFrames?: { location: { scriptId: string; lineNumber: number; columnNumber?: number } }[];
  };
}

const ASKED = [{ method: "Debugger.enable" }, { method: "Debugger.pause" }];

/**
 * Where a process of Node's stands, innermost first, even in a loop without end or in a regular expression: its debugger is
 * opened by signal and asked to pause. Leaves it paused; who asks is about to kill it. Empty after `timeoutMs`.
 */
export async function standingPlace(child: ChildProcess, timeoutMs: number): Promise<Position[]> {
  const found = Promise.withResolvers<Position[]>();
  const timer = setTimeout(found.resolve, timeoutMs, []);
  let socket: WebSocket | undefined;
  let printed = "";
  const onOutput = (chunk: Buffer) => {
    printed += chunk.toString();
    const address = /Debugger listening on (ws:\/\/\S+)/.exec(printed)?.[1];
    if (address && !socket) socket = ask(address, found.resolve);
  };
  child.stderr!.on("data", onOutput);
  child.once("exit", () => found.resolve([]));
  child.kill("SIGUSR1");
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    child.stderr!.off("data", onOutput);
    socket?.close();
  }
}

function ask(address: string, found: (places: Position[]) => void): WebSocket {
  const socket = new WebSocket(address);
  const urls = new Map<string, string>();
  socket.addEventListener("open", () => {
    ASKED.forEach((question, id) => socket.send(JSON.stringify({ id, ...question })));
  });
  socket.addEventListener("error", () => found([]));
  socket.addEventListener("message", ({ data }) => {
    const { method, params } = JSON.parse(String(data)) as Announcement;
    if (method === "Debugger.scriptParsed") urls.set(params!.scriptId!, params!.url!);
    if (method !== "Debugger.paused") return;
    found(
      params!.callFrames!.map(({ location: { scriptId, lineNumber, columnNumber = 0 } }) => ({
        url: urls.get(scriptId) ?? "",
        line: lineNumber + 1,
        column: columnNumber + 1,
      })),
    );
  });
  return socket;
}
