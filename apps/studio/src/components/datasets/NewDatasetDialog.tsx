import type { Dataset } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { buildDataset } from "../../api/datasets.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { Dialog } from "../shell/Dialog.tsx";
import { formText } from "../shell/form-text.ts";
import { FormFoot } from "../shell/FormFoot.tsx";

interface NewDatasetDialogProps {
  open: boolean;
  onClose(): void;
  onBuilt(dataset: Dataset): void;
}

/** What a dataset is to be made of; everything else has the default of `flywheel dataset build`. */
export function NewDatasetDialog({ open, onClose, onBuilt }: NewDatasetDialogProps) {
  const { data: endpoints } = useQuery({ ...endpointsQuery, enabled: open });
  const [phase, setPhase] = useState("");
  const [problem, setProblem] = useState("");
  const build = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const endpoint = formText(form, "endpoint");
    const asked = {
      name: formText(form, "name"),
      ...(endpoint !== "" && { endpoint }),
      consent: formText(form, "consent"),
      holdout_share: Number(formText(form, "holdout")),
    };
    setProblem("");
    setPhase("asking");
    try {
      onBuilt(await buildDataset(asked, (now) => setPhase(now.phase)));
    } catch (error) {
      setProblem((error as Error).message);
    }
    setPhase("");
  };
  return (
    <Dialog open={open} title="New dataset" onClose={onClose}>
      <form className="form" onSubmit={(event) => void build(event)}>
        <label className="field">
          <span>Name</span>
          <input
            className="input"
            name="name"
            required
            autoFocus
            pattern="[a-z0-9][a-z0-9_\-]{0,63}"
            placeholder="triage"
          />
        </label>
        <label className="field">
          <span>Of generations of</span>
          <select className="select" name="endpoint" defaultValue="">
            <option value="">everything</option>
            {(endpoints?.data ?? []).map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Users who</span>
          <select className="select" name="consent" defaultValue="not_denied">
            <option value="not_denied">did not refuse</option>
            <option value="granted">agreed</option>
          </select>
        </label>
        <label className="field">
          <span>Share of users held out, who decide about what is tuned</span>
          <input className="input" name="holdout" type="number" min="0" max="0.8" step="0.05" defaultValue="0.1" />
        </label>
        {phase && <p role="status">{phase}…</p>}
        <FormFoot problem={problem} action="Build" isBusy={phase !== ""} onClose={onClose} />
      </form>
    </Dialog>
  );
}
