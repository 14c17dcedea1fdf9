// Commands are clients of the control API: neither an engine nor a driver comes with them.
export { keyCommands } from "./control/command.ts";
export { logsCommand } from "./logs/command.ts";
export { eventsCommand } from "./logs/events-command.ts";
export { usageCommand } from "./logs/usage-command.ts";
export { generationLine } from "./logs/generation-line.ts";
export { harmless } from "./logs/terminal-text.ts";
export { secondsOf } from "./time-span.ts";
