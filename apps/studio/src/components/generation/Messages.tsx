import type { DisplayMessage } from "@flywheel/protocol";
import { oneLine } from "../../text/escape.ts";
import { indentJson } from "../../text/indent.ts";
import { CopyButton } from "../text/CopyButton.tsx";
import { SafeText } from "../text/SafeText.tsx";

/** Messages as a person reads them. */
export function Messages({ messages }: { messages: DisplayMessage[] }) {
  return (
    <ol className="messages">
      {messages.map((message, index) => (
        <li key={index}>
          <Message message={message} />
        </li>
      ))}
    </ol>
  );
}

export function Message({ message }: { message: DisplayMessage }) {
  return (
    <article className={`message message-${message.role === "assistant" ? "assistant" : "other"}`}>
      <header className="message-head">
        <span className="role">{oneLine(message.role)}</span>
        {message.text !== "" && <CopyButton text={message.text} label="Copy" className="button quiet small" />}
      </header>
      {message.reasoning && (
        <details className="reasoning">
          <summary>Reasoning</summary>
          <SafeText text={message.reasoning} />
        </details>
      )}
      {message.text !== "" && <SafeText text={message.text} />}
      {message.tool_calls?.map((call, index) => (
        <section key={index} className="tool-call" aria-label={`Tool call ${oneLine(call.name)}`}>
          <p className="tool-name">
            <SafeText text={call.name} code />
            <span className="note">{oneLine(call.id)}</span>
          </p>
          <SafeText text={indentJson(call.arguments)} code />
        </section>
      ))}
    </article>
  );
}
