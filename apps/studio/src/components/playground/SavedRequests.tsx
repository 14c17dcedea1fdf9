import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { deleteRequest, requestsQuery, saveRequest } from "../../api/requests.ts";
import { oneLine } from "../../text/escape.ts";
import { Dialog } from "../shell/Dialog.tsx";

interface SavedRequestsProps {
  /** The one that is open, by id. */
  open: string | undefined;
  /** What would be saved; throws an `Error` that says why it cannot be. */
  body(): Record<string, unknown>;
  onOpen(id: string | undefined): void;
}

/** The list of saved requests, and saving. */
export function SavedRequests({ open, body, onOpen }: SavedRequestsProps) {
  const client = useQueryClient();
  const { data } = useQuery(requestsQuery);
  const [naming, setNaming] = useState(false);
  const [problem, setProblem] = useState("");
  const current = data?.data.find(({ id }) => id === open);

  const refresh = () => client.invalidateQueries({ queryKey: requestsQuery.queryKey });
  const attempt = async (step: () => Promise<void>): Promise<void> => {
    setProblem("");
    await step().catch((error: unknown) => setProblem((error as Error).message));
  };
  const save = (name: string, id?: string): Promise<void> =>
    attempt(async () => {
      const saved = await saveRequest({ name, body: body(), ...(id !== undefined && { id }) });
      setNaming(false);
      await refresh();
      onOpen(saved.id);
    });
  const remove = (id: string): Promise<void> =>
    attempt(async () => {
      await deleteRequest(id);
      onOpen(undefined);
      await refresh();
    });
  return (
    <>
      <select
        className="select saved-select"
        aria-label="Saved requests"
        value={current?.id ?? ""}
        onChange={(event) => onOpen(event.target.value || undefined)}
      >
        <option value="">{data?.data.length ? "Saved requests" : "No saved requests"}</option>
        {data?.data.map((request) => (
          <option key={request.id} value={request.id}>
            {oneLine(request.name)}
          </option>
        ))}
      </select>
      {current && (
        <>
          <button type="button" className="button" onClick={() => void save(current.name, current.id)}>
            Save
          </button>
          <button type="button" className="button quiet" onClick={() => void remove(current.id)}>
            Delete
          </button>
        </>
      )}
      <button type="button" className="button" aria-keyshortcuts="s" onClick={() => setNaming(true)}>
        Save as …
      </button>
      <NameDialog open={naming} problem={problem} onClose={() => setNaming(false)} onName={(name) => void save(name)} />
      {problem !== "" && !naming && (
        <span className="problem" role="alert">
          {problem}
        </span>
      )}
    </>
  );
}

interface NameDialogProps {
  open: boolean;
  problem: string;
  onClose(): void;
  onName(name: string): void;
}

function NameDialog({ open, problem, onClose, onName }: NameDialogProps) {
  const [name, setName] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (open) input.current?.select();
  }, [open]);
  return (
    <Dialog open={open} title="Save as a request" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          onName(name);
        }}
      >
        <label className="field">
          <span>Name</span>
          <input
            ref={input}
            className="input"
            maxLength={100}
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <p className="problem" role="alert">
          {problem}
        </p>
        <div className="form-actions">
          <button type="submit" className="button primary" disabled={name.trim() === ""}>
            Save
          </button>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
