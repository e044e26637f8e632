import type { Static, TSchema } from "typebox";
import type { TransferRequest } from "../transfer.ts";

export interface Call {
  method?: TransferRequest["method"];
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  signal?: AbortSignal;
}

/** What the calls of one concern are made of, whoever holds it: `path` is below `/api/v1`, an answer that misses `schema` is thrown as `bad-answer`. */
export interface Caller {
  call: <S extends TSchema>(schema: S, path: string, call?: Call) => Promise<Static<S>>;
  /** Everything in a list that comes in pages. */
  pages: <S extends TSchema, T>(
    schema: S,
    path: string,
    entriesOf: (page: Static<S>) => readonly T[],
    query?: Call["query"],
  ) => Promise<T[]>;
}
