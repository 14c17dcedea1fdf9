import type { Job } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { createJob } from "../../api/jobs.ts";
import { providersQuery } from "../../api/providers.ts";
import { Dialog } from "../shell/Dialog.tsx";
import { formText } from "../shell/form-text.ts";
import { FormFoot } from "../shell/FormFoot.tsx";

interface TuneDialogProps {
  open: boolean;
  dataset: string;
  onClose(): void;
  onBegun(job: Job): void;
}

/** Which model learns from a dataset, and what becomes of the result. */
export function TuneDialog({ open, dataset, onClose, onBegun }: TuneDialogProps) {
  const { data } = useQuery({ ...providersQuery, enabled: open });
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const models = data?.data.find(({ id }) => id === "local")?.models.map(({ id }) => id) ?? ["local/spark"];
  const tune = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => formText(form, name);
    const protect = text("protect").split(/[\s,]+/).filter(Boolean); // prettier-ignore
    setProblem("");
    setBusy(true);
    try {
      onBegun(
        await createJob({
          dataset,
          model: text("model"),
          ...(text("name") !== "" && { name: text("name") }),
          ...(text("epochs") !== "" && { hyperparameters: { epochs: Number(text("epochs")) } }),
          ...(text("route") !== "" && { promotion: { route: text("route"), protect } }),
        }),
      );
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <Dialog open={open} title={`Tune on ${dataset}`} onClose={onClose}>
      <form className="form" onSubmit={(event) => void tune(event)}>
        <label className="field">
          <span>Model</span>
          <select className="select" name="model" autoFocus defaultValue="local/spark">
            {models.map((id) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Name of the result (else the model’s and the dataset’s)</span>
          <input className="input" name="name" pattern="[A-Za-z0-9][\w.\-]{0,62}" />
        </label>
        <label className="field">
          <span>Passes over the data (else 4)</span>
          <input className="input" name="epochs" type="number" min="1" max="1000" />
        </label>
        <label className="field">
          <span>If held-out examples show that it is better, promote it in front of</span>
          <select className="select" name="route" defaultValue="">
            <option value="">no route</option>
            {(data?.routes ?? []).map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Protected slices: field=value, field=* or a dataset</span>
          <input className="input" name="protect" placeholder="queue=*" />
        </label>
        <FormFoot problem={problem} action="Tune" isBusy={isBusy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
