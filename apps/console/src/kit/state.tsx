import { CairnError } from "@cairn/protocol/errors";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { adviceOf } from "../words/advice.ts";
import { shell } from "../words/shell.ts";
import { Button } from "./buttons.tsx";

export type Mood = "good" | "warn" | "bad" | "off";

export interface StateProps {
  mood: Mood;
  /** What is, and why: a sentence. The colour only repeats it. */
  children: ReactNode;
  /** What to do next. */
  next?: ReactNode;
}

export function State({ mood, children, next }: StateProps) {
  return (
    <div className="state" data-mood={mood}>
      {children} {next === undefined || next === null ? null : <span className="next">{next}</span>}
    </div>
  );
}

/** What will stand here, and the one thing to do. */
export function Empty({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** What went wrong, and what to do, as a CairnError says it. */
export function Problem({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  const known = error instanceof CairnError;
  const next = known ? adviceOf(error) : undefined;
  return (
    <div className="problem" role="alert">
      <p>{known ? sentence(error.message) : shell.fault.unknown}</p>
      {next === undefined ? null : <p>{next}</p>}
      {known ? null : <p>{error instanceof Error ? error.message : String(error)}</p>}
      {again === undefined ? null : (
        <p>
          <Button onClick={again}>{shell.fault.again}</Button>
        </p>
      )}
    </div>
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

/** Nothing for 300 ms, then a word. */
export const Waiting = () => <p className="waiting">{shell.waiting}</p>;

/** What a query has: its data, a wait, or its problem. Data that is there stays while it is asked for anew. */
export function Asked<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <Problem error={query.error} again={() => void query.refetch()} />;
  return <Waiting />;
}
