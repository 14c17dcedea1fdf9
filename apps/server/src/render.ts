import type { Project } from "@flywheel/project";
import { FlywheelError, type PromptMessage } from "@flywheel/protocol";
import type { SupervisorLine } from "./child.ts";
import type { Child } from "./children.ts";
import type { FromChild, Rendered } from "./messages.ts";

// Gateway worker → supervisor → the project's own process, and back.

/** Answer a gateway worker that asks what an endpoint says to a model. */
export async function answerRender(
  project: Project | undefined,
  worker: Child,
  { id, build, endpoint, input }: Extract<FromChild, { type: "render" }>,
): Promise<void> {
  try {
    if (!project) throw new FlywheelError("build_replaced");
    const messages = await project.renderPrompt(build, endpoint, input);
    worker.send({ type: "rendered", id, messages });
  } catch (error) {
    const { code, message } =
      error instanceof FlywheelError ? error : new FlywheelError("internal", { reason: String(error) });
    worker.send({ type: "rendered", id, error: { code, message } });
  }
}

/** A gateway worker's way to the project's code, through the supervisor. */
export function promptRenderer(line: SupervisorLine) {
  const waiting = new Map<number, PromiseWithResolvers<PromptMessage[]>>();
  let last = 0;
  return {
    renderPrompt(build: string, endpoint: string, input: unknown): Promise<PromptMessage[]> {
      const answer = Promise.withResolvers<PromptMessage[]>();
      const id = ++last;
      waiting.set(id, answer);
      line.send({ type: "render", id, build, endpoint, input });
      return answer.promise;
    },
    onRendered(rendered: Rendered): void {
      const answer = waiting.get(rendered.id);
      waiting.delete(rendered.id);
      if ("messages" in rendered) answer?.resolve(rendered.messages);
      else answer?.reject(withMessage(rendered.error));
    },
  };
}

/** The message is made already. */
function withMessage({ code, message }: Extract<Rendered, { error: object }>["error"]): FlywheelError {
  const error = new FlywheelError(code);
  error.message = message;
  return error;
}
