import { type ReactNode, useSyncExternalStore } from "react";
import { kit } from "../words/shell.ts";
import { Button } from "./buttons.tsx";

interface Toast {
  id: number;
  text: ReactNode;
}

const SHOWN_MILLISECONDS = 8_000;
let toasts: readonly Toast[] = [];
let last = 0;
let spoken = "";
const listeners = new Set<() => void>();
const tell = () => {
  for (const one of listeners) one();
};
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const drop = (id: number) => {
  toasts = toasts.filter((one) => one.id !== id);
  tell();
};

/** A short word at the corner: something was done. What must not be missed belongs on a page. */
export function toast(text: ReactNode): void {
  last += 1;
  const id = last;
  toasts = [...toasts.slice(-3), { id, text }];
  tell();
  setTimeout(() => drop(id), SHOWN_MILLISECONDS);
}

/** Read out to whoever cannot see that something changed. */
export function announce(text: string): void {
  spoken = text;
  tell();
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  const said = useSyncExternalStore(subscribe, () => spoken);
  return (
    <>
      <div className="toasts" role="status">
        {shown.map(({ id, text }) => (
          <div key={id} className="toast">
            <div>{text}</div>
            <Button kind="plain" aria-label={kit.close} onClick={() => drop(id)}>
              ×
            </Button>
          </div>
        ))}
      </div>
      <div className="unseen" aria-live="polite">
        {said}
      </div>
    </>
  );
}
