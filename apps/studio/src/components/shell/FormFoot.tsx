/** How a form in a dialog ends: what went wrong, do it, or leave it. */
export function FormFoot({
  problem,
  action,
  isBusy = false,
  onClose,
}: {
  problem: string;
  action: string;
  isBusy?: boolean;
  onClose(): void;
}) {
  return (
    <>
      <p className="problem" role="alert">
        {problem}
      </p>
      <div className="form-actions">
        <button type="submit" className="button primary" disabled={isBusy}>
          {action}
        </button>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </>
  );
}
