import { createServer } from "node:net";
import { FlywheelError } from "@flywheel/protocol";

/**
 * A port that can be listened on: the one asked for, or any for 0. Known before a worker listens, so that one which is
 * started again comes back where its neighbours are, and so that a port in use is told before anything has been started.
 * Throws `conflict` with what to do.
 */
export function freePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      reject(new FlywheelError("conflict", { reason: listenFailure(error, host, port) }, { cause: error }));
    });
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

/** Why an address cannot be listened on, and what to do. */
export function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === "EADDRINUSE")
    return `Port ${port} is in use. Stop the other program, or use --port <another> (0 finds a free one).`;
  if (error.code === "EACCES") return `Port ${port} needs privileges this user lacks. Use --port <another>.`;
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return `${host} is not an address of this machine. Use --host <address>.`;
  return `Port ${port} cannot be listened on: ${error.message}`;
}
