import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { kit } from "../words/shell.ts";
import { Button } from "./buttons.tsx";
import { Problem } from "./state.tsx";

export interface DialogProps {
  title: string;
  open: boolean;
  /** By Escape, or a button of its own; a click on the backdrop does not close it. */
  onClose: () => void;
  children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus, and gives it back. */
export function Dialog({ title, open, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element === null || element.open === open) return;
    if (open) element.showModal();
    else element.close();
  }, [open]);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={onClose}>
      {open ? (
        <>
          <h2 id={id}>{title}</h2>
          {children}
        </>
      ) : null}
    </dialog>
  );
}

export interface ConfirmProps {
  title: string;
  open: boolean;
  onClose: () => void;
  /** What exactly, how much, till when, and until when it can be undone. */
  children: ReactNode;
  /** On the button. */
  act: string;
  /** To be typed, where it cannot be undone. */
  name?: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown>;
}

/** Asks before money or data goes; stays open with what went wrong. */
export function Confirm({ title, open, onClose, children, act, name, danger = false, onConfirm }: ConfirmProps) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const id = useId();
  // Of the opening that it was confirmed in: what comes when that is over is not shown at the next.
  const opening = useRef(0);
  useEffect(() => {
    if (open) return;
    opening.current += 1;
    setTyped("");
    setFault(undefined);
  }, [open]);
  const confirm = async () => {
    const confirmed = opening.current;
    setBusy(true);
    setFault(undefined);
    try {
      await onConfirm();
      if (confirmed === opening.current) onClose();
    } catch (error) {
      if (confirmed === opening.current) setFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} open={open} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <div>{children}</div>
        {name === undefined ? null : (
          <div className="field">
            <label htmlFor={id}>{kit.confirm(name)}</label>
            <input
              id={id}
              className="input"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
            />
          </div>
        )}
        {fault === undefined ? null : <Problem error={fault} />}
        <div className="actions">
          <Button onClick={onClose}>{kit.cancel}</Button>
          <Button
            type="submit"
            kind={danger ? "danger" : "main"}
            busy={busy}
            disabled={name !== undefined && typed.trim() !== name}
          >
            {act}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
