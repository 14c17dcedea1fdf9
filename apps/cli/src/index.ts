import { CommanderError } from "commander";
import { exitCodeOf, reportError } from "./failure.ts";
import { buildProgram } from "./program.ts";

// The plain-JavaScript entry runs this on our own Node; when it is killed, this process must not live on alone.
if (process.connected) {
  process.on("disconnect", () => process.exit(1));
  process.channel?.unref();
}

try {
  await buildProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    reportError(error);
    process.exitCode = exitCodeOf(error);
  }
}
