import { CairnError } from "@cairn/protocol/errors";
import { askUnseen } from "./ask-unseen.ts";

/** 24 words of 8 letters, numbered, on lines of their own, are a tenth of it. */
const MOST_BYTES = 4096;

/**
 * A recovery phrase from standard input, or typed without being shown: never from an argument, which every user of the machine can read.
 * @throws CairnError `missing-value` where there is nothing, `bad-phrase` where there is too much
 */
export async function readWords(): Promise<string> {
  if (process.stdin.isTTY) return askUnseen("The 24 words, in their order, with spaces between them: ", NEXT);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of process.stdin) {
    length += (part as Buffer).length;
    if (length > MOST_BYTES) throw tooLong();
    parts.push(part as Buffer);
  }
  const text = Buffer.concat(parts).toString("utf8");
  if (text.trim() !== "") return text;
  throw new CairnError("standard input has no words", { code: "missing-value", kind: "input", next: NEXT });
}

const NEXT = "Type them at a terminal, or give them on standard input: `cairn recover --phrase`.";

const tooLong = (): CairnError =>
  new CairnError("standard input has more than a recovery phrase", { code: "bad-phrase", kind: "input", next: NEXT });
