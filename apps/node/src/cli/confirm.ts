import { createInterface } from "node:readline/promises";
import { printable } from "@cairn/core/printable";
import { CairnError } from "@cairn/protocol/errors";

export interface ConfirmOptions {
  /** Do not ask. */
  yes?: boolean;
  json?: boolean;
}

/** Ask before something that costs or ends; only on a terminal, never of a program. Throws `declined` unless the answer is yes. */
export async function confirm(question: string, options: ConfirmOptions, signal?: AbortSignal): Promise<void> {
  if (options.yes || options.json || !process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In raw mode Ctrl-C is a key.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  try {
    const asked = terminal.question(`${printable(question)} [y/N] `, signal ? { signal } : {});
    asked.catch(() => undefined);
    if (/^y(es)?$/i.test((await Promise.race([asked, closed])).trim())) return;
  } finally {
    terminal.close();
  }
  throw new CairnError("not confirmed: nothing was changed", {
    code: "declined",
    kind: "conflict",
    next: "Answer y, or add --yes to be asked nothing.",
  });
}
