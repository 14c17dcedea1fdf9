import type { Promotion } from "@flywheel/protocol";
import { oneLine } from "../../text/escape.ts";
import { Dialog } from "../shell/Dialog.tsx";
import { FormFoot } from "../shell/FormFoot.tsx";

interface RollBackDialogProps {
  /** The promotion that would be taken back; none = nobody asks. */
  latest: Promotion | undefined;
  problem: string;
  onClose(): void;
  onRoll(): void;
}

export function RollBackDialog({ latest, problem, onClose, onRoll }: RollBackDialogProps) {
  return (
    <Dialog open={latest !== undefined} title={`Roll back ${oneLine(latest?.route ?? "")}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          onRoll();
        }}
      >
        <p>
          From the next request on it asks <code>{oneLine(latest?.previous ?? "")}</code> first again, in place of{" "}
          <code>{oneLine(latest?.model ?? "")}</code>. A rollback can itself be rolled back.
        </p>
        <FormFoot problem={problem} action="Roll back" onClose={onClose} />
      </form>
    </Dialog>
  );
}
