/** How an error is answered over HTTP and as a process exit: the kind decides both. */
export type ErrorKind =
  | "input"
  | "auth"
  | "missing"
  | "conflict"
  | "unavailable"
  | "exhausted"
  | "corrupt"
  | "internal";

interface Meaning {
  /** The situation in lower case without a full stop; the error's message says it with names and values. */
  means: string;
}

/**
 * One error code. Whoever meets it is told what to do next: by the throw, where it can name values, else by the table. Only a defect of Cairn's
 * own, which nobody outside can mend, has no next step.
 */
export type ErrorEntry = Meaning &
  ({ kind: Exclude<ErrorKind, "internal"> | readonly ErrorKind[]; next: string } | { kind: "internal"; next?: string });
