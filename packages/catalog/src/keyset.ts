import { CairnError } from "@cairn/protocol";

/** Rows of one page unless fewer are asked for, and the most that may be. */
export const PAGE_LIMIT = 1000;

export type SortOrder = "asc" | "desc";

export interface Page<Row> {
  rows: Row[];
  /** `after` of the next page; null on the last. */
  next: string | null;
}

/** A page of a list that is walked by the last row seen, so that rows that come and go meanwhile shift nothing. */
export interface PageRequest<Sort extends string> {
  sort?: Sort;
  order?: SortOrder;
  /** `next` of the page before, asked for with the same sort. */
  after?: string;
  limit?: number;
}

/** The cursor of a row: what it is sorted by, and its id, which no other row has. */
export const cursorOf = (sorted: string | number | bigint, id: string): string => `${sorted}~${id}`;

/** What a list is sorted by; `micros` are microseconds since 1970 that are made a time of. */
export type SortedType = "text" | "bigint" | "numeric" | "micros";

/**
 * What a cursor says, once the database can compare it with a column of that type.
 * @throws CairnError `bad-cursor`
 */
export function readCursor(after: string | undefined, type: SortedType): { sorted: string; id: string } | undefined {
  if (after === undefined) return undefined;
  const at = after.lastIndexOf("~");
  if (at < 0 || /\p{Cc}/u.test(after)) throw badCursor(after);
  const sorted = after.slice(0, at);
  if (type !== "text" && !isNumberOf(type, sorted)) throw badCursor(after);
  return { sorted, id: after.slice(at + 1) };
}

function isNumberOf(type: Exclude<SortedType, "text">, text: string): boolean {
  if (!/^-?[0-9]{1,78}$/.test(text)) return false;
  if (type === "numeric") return true;
  return type === "bigint" ? BigInt.asIntN(64, BigInt(text)) === BigInt(text) : Number.isSafeInteger(Number(text));
}

function badCursor(after: string): CairnError {
  return new CairnError(`${JSON.stringify(after.slice(0, 100))} does not say where a page begins`, {
    code: "bad-cursor",
    kind: "input",
    next: "Pass on `next` of the page before as it came, with the same sort, or leave `after` out.",
  });
}
