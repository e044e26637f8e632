import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Keys of the whole console: `/` to the search, `u` to upload, Escape out of what is open. */
export function useKeys({ onEscape }: { onEscape: () => void }): void {
  const navigate = useNavigate();
  const leave = useRef(onEscape);
  leave.current = onEscape;
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        if (typing(event.target)) (event.target as HTMLElement).blur();
        leave.current();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      if (event.key === "/") {
        event.preventDefault();
        document.getElementById("search")?.focus();
      } else if (event.key === "u") {
        event.preventDefault();
        void navigate({ to: "/upload" });
      }
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  }, [navigate]);
}
