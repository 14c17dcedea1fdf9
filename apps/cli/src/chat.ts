import { fstatSync } from "node:fs";
import { text } from "node:stream/consumers";
import { FlywheelError } from "@flywheel/protocol";
import { ask, type Message, modelNames } from "./answer.ts";
import { converse } from "./conversation.ts";
import type { AppCommand } from "./app-command.ts";
import { type PublicApi, publicApi } from "./public-api.ts";

/** `flywheel chat`: through the public API, like any other client. */
export const chatCommand: AppCommand = {
  usage: "chat [model] [prompt]",
  summary: "talk to a model through the running server",
  options: [
    { flags: "-m, --model <model>", description: "model or route to ask (default: default)" },
    { flags: "-s, --system <text>", description: "what the model is told before" },
  ],
  examples: [
    "flywheel chat",
    'flywheel chat "I forgot my PIN"',
    'flywheel chat local/spark "I forgot my PIN"',
    'cat mail.txt | flywheel chat "Summarise this:"',
    "flywheel chat -m local/spark < questions.txt",
  ],
  async run(context, args, options) {
    const api = await publicApi(context.place);
    const { model, prompt } = await readArguments(api, args, options["model"] as string | undefined);
    const messages: Message[] = options["system"] ? [{ role: "system", content: String(options["system"]) }] : [];
    if (prompt === undefined) return converse(context, api, model, messages);
    const piped = hasPipe() ? (await text(process.stdin)).trimEnd() : "";
    await ask(context, api, model, [
      ...messages,
      { role: "user", content: [prompt, piped].filter(Boolean).join("\n\n") },
    ]);
  },
};

/** One argument is a model where it has a provider's name before a slash or is on the server's list; else it is the prompt. */
async function readArguments(
  api: PublicApi,
  [first, second]: (string | undefined)[],
  named: string | undefined,
): Promise<{ model: string; prompt: string | undefined }> {
  if (named !== undefined && second !== undefined)
    throw new FlywheelError("invalid_request", { reason: "Name the model once: as an argument or with --model." });
  if (second !== undefined) return { model: first!, prompt: second };
  if (first === undefined || named !== undefined) return { model: named ?? "default", prompt: first };
  const isModel = /^[\w.-]+\/\S+$/.test(first) || (/^\S+$/.test(first) && (await modelNames(api)).includes(first));
  return isModel ? { model: first, prompt: undefined } : { model: "default", prompt: first };
}

/** Whether something is piped or redirected into this command. Terminals and `/dev/null` are not waited for. */
function hasPipe(): boolean {
  return !fstatSync(0).isCharacterDevice();
}
