import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { CairnError } from "@cairn/protocol/errors";

/**
 * Typed without being shown.
 * @param next what to do where nobody is there to type it
 * @throws CairnError `missing-value`
 */
export async function askUnseen(question: string, next: string): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CairnError("there is no terminal to type it at", { code: "missing-value", kind: "input", next });
  }
  const unseen = new Writable({ write: (_, __, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true });
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  process.stderr.write(question);
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
