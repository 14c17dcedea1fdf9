import { FlywheelError } from "@flywheel/protocol";

/** Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration or authentication, 4 gate not met. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof FlywheelError)) return 1;
  if (error.code === "config_invalid" || error.status === 401) return 3;
  return error.code === "invalid_request" ? 2 : 1;
}

/** One line for a person; the stack only on request. */
export function reportError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`flywheel: ${message}\n`);
  if (process.env["FLYWHEEL_VERBOSE"] && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
}
