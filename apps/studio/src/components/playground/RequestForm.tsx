import { useId } from "react";
import { type Draft, type DraftMessage, type Parameter, PARAMETERS } from "../../text/draft.ts";

interface RequestFormProps {
  draft: Draft;
  onChange(change: Partial<Draft>): void;
}

/** System, messages and parameters: what every model is asked. */
export function RequestForm({ draft, onChange }: RequestFormProps) {
  const setMessage = (index: number, change: Partial<DraftMessage>): void =>
    onChange({ messages: draft.messages.map((known, at) => (at === index ? { ...known, ...change } : known)) });
  return (
    <>
      <TextField label="System" value={draft.system} rows={2} onChange={(system) => onChange({ system })} />
      {draft.messages.map((message, index) => (
        <Message
          key={index}
          number={index + 1}
          message={message}
          onChange={(change) => setMessage(index, change)}
          onRemove={
            draft.messages.length > 1
              ? () => onChange({ messages: draft.messages.filter((_, at) => at !== index) })
              : undefined
          }
        />
      ))}
      <button
        type="button"
        className="button small add-message"
        onClick={() => onChange({ messages: [...draft.messages, nextMessage(draft.messages)] })}
      >
        Add a message
      </button>
      <Parameters draft={draft} onChange={onChange} />
    </>
  );
}

/** Roles take turns. */
function nextMessage(messages: DraftMessage[]): DraftMessage {
  return { role: messages.at(-1)?.role === "user" ? "assistant" : "user", text: "" };
}

const ROLES = ["user", "assistant", "system", "developer", "tool"];

interface MessageProps {
  number: number;
  message: DraftMessage;
  onChange(change: Partial<DraftMessage>): void;
  onRemove: (() => void) | undefined;
}

function Message({ number, message, onChange, onRemove }: MessageProps) {
  const roles = ROLES.includes(message.role) ? ROLES : [...ROLES, message.role];
  return (
    <div className="field message-field">
      <div className="message-line">
        <select
          className="select small"
          aria-label={`Role of message ${number}`}
          value={message.role}
          onChange={(event) => onChange({ role: event.target.value })}
        >
          {roles.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
        {message.json && <span className="note">as JSON</span>}
        {onRemove && (
          <button
            type="button"
            className="button quiet small"
            aria-label={`Remove message ${number}`}
            onClick={onRemove}
          >
            ✕
          </button>
        )}
      </div>
      <textarea
        className={message.json ? "input area code" : "input area"}
        aria-label={`Message ${number}`}
        rows={3}
        value={message.text}
        onChange={(event) => onChange({ text: event.target.value })}
      />
    </div>
  );
}

const HINTS: Record<Parameter, string> = {
  temperature: "0–2",
  max_tokens: "tokens",
  top_p: "0–1",
  seed: "number",
  stop: "END, \\n",
};

function Parameters({ draft, onChange }: RequestFormProps) {
  const set = (name: Parameter, value: string): void =>
    onChange({ parameters: { ...draft.parameters, [name]: value } });
  return (
    <fieldset className="parameters">
      <legend>Parameters</legend>
      <div className="parameter-grid">
        {PARAMETERS.map((name) => (
          <label key={name} className="field">
            <span>{name}</span>
            <input
              className="input"
              placeholder={HINTS[name]}
              inputMode={name === "stop" ? "text" : "decimal"}
              spellCheck={false}
              value={draft.parameters[name] ?? ""}
              onChange={(event) => set(name, event.target.value)}
            />
          </label>
        ))}
        <label className="field check">
          <input
            type="checkbox"
            checked={draft.jsonMode}
            onChange={(event) => onChange({ jsonMode: event.target.checked })}
          />
          <span>JSON mode</span>
        </label>
      </div>
      <TextField
        label="More fields, as JSON"
        placeholder={'{"tools": [], "stream": false}'}
        code
        rows={2}
        value={draft.extra}
        onChange={(extra) => onChange({ extra })}
      />
    </fieldset>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  rows: number;
  code?: boolean;
  placeholder?: string;
  onChange(value: string): void;
}

function TextField({ label, value, rows, code = false, placeholder, onChange }: TextFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className={code ? "input area code" : "input area"}
        rows={rows}
        placeholder={placeholder}
        spellCheck={!code}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
