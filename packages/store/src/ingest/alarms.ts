import type { Alarm } from "@flywheel/protocol";

/** What is wrong now. Only changes are told. */
export interface Alarms {
  raise(code: Alarm["code"], message: string): void;
  clear(code: Alarm["code"]): void;
}

export function createAlarms(onAlarm: (alarm: Alarm) => void, onClear: (code: Alarm["code"]) => void): Alarms {
  const raised = new Map<Alarm["code"], Alarm>();
  return {
    raise(code, message) {
      const before = raised.get(code);
      if (before?.message === message) return;
      const alarm = { code, message, since: before?.since ?? Date.now() };
      raised.set(code, alarm);
      onAlarm(alarm);
    },
    clear(code) {
      if (raised.delete(code)) onClear(code);
    },
  };
}
