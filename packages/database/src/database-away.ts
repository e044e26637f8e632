import { CairnError } from "@cairn/protocol";

/** A connection that could not be made or was cut: Node's codes, and SQLSTATE classes 08 and 57P (admin shutdown, crash, cannot connect now). */
const AWAY_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT",
  "EAGAIN",
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);
/** What pg and its pool say without a code. */
const AWAY_WORDS = [
  "Connection terminated",
  "Client has encountered a connection error",
  "timeout exceeded when trying to connect",
  "Client was closed",
];

/** A failed query's error as `database-unreachable` when it says that the server is away just now; else undefined. */
export function databaseAway(error: unknown): CairnError | undefined {
  if (!(error instanceof Error) || error instanceof CairnError) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // ENOENT is also what a missing file says: only connecting to a socket that is not there counts.
  const byCode =
    code !== undefined &&
    (AWAY_CODES.has(code) || code.startsWith("08")) &&
    (code !== "ENOENT" || syscall === "connect");
  if (!byCode && !AWAY_WORDS.some((words) => error.message.startsWith(words))) return undefined;
  return new CairnError("the database does not answer", {
    code: "database-unreachable",
    kind: "unavailable",
    cause: error,
    next: "Try again in a moment: it is being started again, or DATABASE_URL names a server that is down.",
  });
}
