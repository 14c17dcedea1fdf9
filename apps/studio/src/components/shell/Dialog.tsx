import { type ReactNode, useEffect, useId, useRef } from "react";

interface DialogProps {
  open: boolean;
  title: string;
  onClose(): void;
  children: ReactNode;
}

/** A modal dialog: the browser keeps the focus inside and gives it back; Escape closes. Its content is there while it is open. */
export function Dialog({ open, title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={heading}
      onCancel={(event) => {
        // Told at once: the event that it has closed comes later, and could close what was opened meanwhile.
        event.preventDefault();
        onClose();
      }}
      onClose={() => open && !dialog.current?.open && onClose()}
    >
      <header className="dialog-head">
        <h2 id={heading}>{title}</h2>
      </header>
      {open && children}
    </dialog>
  );
}
