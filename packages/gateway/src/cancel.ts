import { FlywheelError } from "@flywheel/protocol";
import { refuse } from "./call.ts";
import type { Call } from "./call.ts";
import { recordEnd } from "./record.ts";

/** The gateway must stop now: end the call as if the provider had. */
export function cancel(call: Call): void {
  if (call.phase !== "open") return;
  call.upstream?.abort();
  const error = new FlywheelError("shutting_down");
  if (call.relay) return call.relay.fail(error);
  recordEnd(
    call,
    {
      status: "error",
      http_status: error.status,
      error: { code: error.code, message: error.message },
      content_type: "",
      raw: [],
    },
    () => {
      refuse(call, error);
    },
  );
}
