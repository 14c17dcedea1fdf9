import { FlywheelError } from "@flywheel/protocol";

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90s`, `30m`, `12h`, `30d` as an option has it, in seconds. Throws `invalid_request`. */
export function secondsOf(option: string, text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (!unit)
    throw new FlywheelError("invalid_request", {
      reason: `${option} must be a time such as 90s, 30m, 12h or 30d, not ${JSON.stringify(text)}.`,
    });
  return Number(count) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
}
