import type { CreatedKey, CreateKey, ListedKey } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { apiBaseUrl, modelsQuery } from "../../api/server.ts";
import { oneLine } from "../../text/escape.ts";
import { CopyButton } from "../text/CopyButton.tsx";
import { Dialog } from "../shell/Dialog.tsx";
import { FormFoot } from "../shell/FormFoot.tsx";

const DAY = 86_400_000;
const LIVES: [label: string, ms: number][] = [
  ["never", 0],
  ["in a day", DAY],
  ["in 30 days", 30 * DAY],
  ["in 90 days", 90 * DAY],
  ["in a year", 365 * DAY],
];

interface NewKeyDialogProps {
  open: boolean;
  problem: string;
  onClose(): void;
  onCreate(key: CreateKey): void;
}

export function NewKeyDialog({ open, problem, onClose, onCreate }: NewKeyDialogProps) {
  return (
    <Dialog open={open} title="New key" onClose={onClose}>
      <NewKeyForm problem={problem} onClose={onClose} onCreate={onCreate} />
    </Dialog>
  );
}

function NewKeyForm({ problem, onClose, onCreate }: Omit<NewKeyDialogProps, "open">) {
  const [name, setName] = useState("");
  const [environment, setEnvironment] = useState("production");
  const [models, setModels] = useState("");
  const [life, setLife] = useState(0);
  const [admin, setAdmin] = useState(false);
  const hint = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const names = models.split(/[\s,]+/).filter(Boolean);
    onCreate({
      name,
      environment,
      scopes: admin ? ["inference", "admin"] : ["inference"],
      ...(names.length > 0 && { models: names }),
      ...(life > 0 && { expires: Date.now() + life }),
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      <label className="field">
        <span>Name</span>
        <input
          className="input"
          autoFocus
          maxLength={100}
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="field">
        <span>May call</span>
        <input
          className="input"
          placeholder="every model"
          spellCheck={false}
          aria-describedby={hint}
          value={models}
          onChange={(event) => setModels(event.target.value)}
        />
        <small className="note" id={hint}>
          Models and routes with commas between them; * stands for anything: <code>local/*, fast</code>
        </small>
      </label>
      <KnownNames onChoose={(id) => setModels(models.trim() === "" ? id : `${models}, ${id}`)} />
      <label className="field">
        <span>Environment</span>
        <input
          className="input"
          pattern="[a-z][a-z0-9\-]*"
          maxLength={32}
          required
          value={environment}
          onChange={(event) => setEnvironment(event.target.value)}
        />
      </label>
      <label className="field">
        <span>Expires</span>
        <select className="select" value={life} onChange={(event) => setLife(Number(event.target.value))}>
          {LIVES.map(([label, ms]) => (
            <option key={ms} value={ms}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label className="field check">
        <input type="checkbox" checked={admin} onChange={(event) => setAdmin(event.target.checked)} />
        <span>May also use the control API: read all logs, make keys</span>
      </label>
      <FormFoot problem={problem} action="Create" onClose={onClose} />
    </form>
  );
}

/** Names there are, to be added with a click. */
function KnownNames({ onChoose }: { onChoose(id: string): void }) {
  const { data } = useQuery(modelsQuery);
  const names = (data?.data ?? []).slice(0, 6);
  if (names.length === 0) return null;
  return (
    <div className="known-names" role="group" aria-label="Models and routes there are">
      {names.map(({ id }) => (
        <button key={id} type="button" className="button small" onClick={() => onChoose(id)}>
          + {oneLine(id)}
        </button>
      ))}
    </div>
  );
}

interface KeyDialogProps {
  /** The dialog is open while there is one. */
  row: ListedKey | undefined;
  problem: string;
  onClose(): void;
}

const HOUR = 3600;
const GRACES: [label: string, seconds: number][] = [
  ["not at all", 0],
  ["for an hour", HOUR],
  ["for a day", 24 * HOUR],
  ["for a week", 7 * 24 * HOUR],
];

export function RotateDialog({ row, problem, onClose, onRotate }: KeyDialogProps & { onRotate(grace: number): void }) {
  const [grace, setGrace] = useState(24 * HOUR);
  return (
    <Dialog open={row !== undefined} title={`Rotate ${oneLine(row?.name ?? "")}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          onRotate(grace);
        }}
      >
        <p>The key gets a new secret. Its name, what it may call and its spend stay.</p>
        <label className="field">
          <span>The old secret goes on working</span>
          <select className="select" autoFocus value={grace} onChange={(event) => setGrace(Number(event.target.value))}>
            {GRACES.map(([label, seconds]) => (
              <option key={seconds} value={seconds}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <FormFoot problem={problem} action="Rotate" onClose={onClose} />
      </form>
    </Dialog>
  );
}

export function RevokeDialog({ row, problem, onClose, onRevoke }: KeyDialogProps & { onRevoke(): void }) {
  return (
    <Dialog open={row !== undefined} title={`Revoke ${oneLine(row?.name ?? "")}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          onRevoke();
        }}
      >
        <p>
          Calls with <code>{oneLine(row?.prefix ?? "")}…</code> are refused at once. This cannot be undone. To change
          the secret without a gap, rotate the key instead.
        </p>
        <FormFoot problem={problem} action="Revoke" onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** The only time a secret is shown. */
export function SecretDialog({ made, onClose }: { made: CreatedKey | undefined; onClose(): void }) {
  const command = [`curl ${apiBaseUrl()}/models \\`, `  -H "authorization: Bearer ${made?.secret ?? ""}"`].join("\n");
  return (
    <Dialog open={made !== undefined} title={`The secret of ${oneLine(made?.name ?? "")}`} onClose={onClose}>
      <div className="form">
        <p>Keep it now: it is stored only as a hash and cannot be shown again.</p>
        <pre className="command secret" tabIndex={0}>
          {made?.secret}
        </pre>
        <div className="form-actions">
          <CopyButton text={made?.secret ?? ""} label="Copy the secret" className="button primary" />
          <CopyButton text={command} label="Copy as curl" />
          <button type="button" className="button" onClick={onClose}>
            Done
          </button>
        </div>
      </div>
    </Dialog>
  );
}
