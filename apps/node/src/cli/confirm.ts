import { createInterface } from "node:readline/promises";
import { printable } from "@cairn/core/printable";
import { CairnError } from "@cairn/protocol/errors";

export interface ConfirmOptions {
  /** Do not ask. */
  yes?: boolean;
  json?: boolean;
}

/** What an answer means; undefined is a terminal that was closed. Only "n" and "no" are a no: anything else is none. */
export function verdictOf(answer: string | undefined): "yes" | "no" | "unanswered" {
  const word = (answer ?? "").trim();
  if (/^y(es)?$/i.test(word)) return "yes";
  return /^no?$/i.test(word) ? "no" : "unanswered";
}

/**
 * Ask before something that costs or ends; only on a terminal, never of a program.
 * @throws CairnError `declined` when the answer is no, `unanswered` when there is none
 */
export async function confirm(question: string, options: ConfirmOptions, signal?: AbortSignal): Promise<void> {
  if (options.yes || options.json || !process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In raw mode Ctrl-C is a key.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  const closed = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
  let verdict: ReturnType<typeof verdictOf>;
  try {
    const asked = terminal.question(`${printable(question)} [y/n] `, signal ? { signal } : {});
    asked.catch(() => undefined);
    verdict = verdictOf(await Promise.race([asked, closed]));
  } finally {
    terminal.close();
  }
  if (verdict === "yes") return;
  throw new CairnError(`${verdict === "no" ? "declined" : "not confirmed"}: nothing was changed`, {
    code: verdict === "no" ? "declined" : "unanswered",
    kind: "conflict",
    next: "Answer y, or add --yes to be asked nothing.",
  });
}
