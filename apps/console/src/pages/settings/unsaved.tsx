import { useBlocker } from "@tanstack/react-router";
import { Button, Dialog } from "../../kit/index.ts";
import { settings } from "../../words/settings.ts";

const words = settings.leave;

/** Asks before a page is left whose changes are not saved: by a dialog of its own within the console, by the browser's where the tab goes. */
export function Unsaved({ when }: { when: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => when && current.pathname !== next.pathname,
    enableBeforeUnload: () => when,
    withResolver: true,
  });
  return (
    <Dialog title={words.title} open={status === "blocked"} onClose={() => reset?.()}>
      <p>{words.body}</p>
      <div className="actions">
        <Button kind="main" onClick={() => reset?.()}>
          {words.stay}
        </Button>
        <Button onClick={() => proceed?.()}>{words.go}</Button>
      </div>
    </Dialog>
  );
}
