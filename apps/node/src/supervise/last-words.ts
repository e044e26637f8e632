import { CairnError, type ErrorBody } from "@cairn/protocol/errors";

function linesFromEnd(output: string): string[] {
  return output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .reverse();
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // Plain words.
  }
}

function isErrorBody(value: unknown): value is ErrorBody {
  const { code, kind, message } = (value ?? {}) as Partial<ErrorBody>;
  return typeof code === "string" && typeof kind === "string" && typeof message === "string";
}

/** The error with which a child of ours ended, as it left it in its output: a line of JSON `{error: {code, kind, message, next}}`. */
export function reportedError(output: string): CairnError | undefined {
  for (const line of linesFromEnd(output)) {
    const body = parsed(line)?.error;
    if (isErrorBody(body)) return CairnError.fromJSON(body);
  }
  return undefined;
}

/** The last thing that a child said, as a person reads it: the message of a line of its log, or the line. */
export function lastWords(output: string): string | undefined {
  const [line] = linesFromEnd(output);
  if (line === undefined) return undefined;
  const { msg, progress, error } = parsed(line) ?? {};
  const text = [msg, progress, error].find((value) => typeof value === "string") ?? line;
  return String(text).slice(0, 500);
}
