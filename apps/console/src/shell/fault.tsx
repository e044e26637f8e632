import { Link } from "@tanstack/react-router";
import { Page, Problem } from "../kit/index.ts";
import { sessionIsOver } from "../session/session.ts";
import { shell } from "../words/shell.ts";

/** Stands in for a page that could not be shown; the rest of the console goes on. */
export function Fault({ error, reset }: { error: unknown; reset: () => void }) {
  if (sessionIsOver(error)) return null;
  return (
    <Page title={shell.fault.title}>
      <Problem error={error} again={reset} />
    </Page>
  );
}

export function NotFound() {
  return (
    <Page title={shell.notFound.title} lead={shell.notFound.body}>
      <p>
        <Link to="/">{shell.notFound.next}</Link>
      </p>
    </Page>
  );
}
