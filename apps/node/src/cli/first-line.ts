import { readFile } from "node:fs/promises";
import { CairnError } from "@cairn/protocol/errors";

/**
 * The first line of a file: how commands take passwords, keys and tokens, as every user of the machine can read arguments.
 * @param what is in it, as a message says it: `the password`
 * @throws CairnError `unreadable-path`, `missing-value` where the line is empty
 */
export async function firstLineOf(file: string, what: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new CairnError(`cannot read ${what} in ${file}`, {
      code: "unreadable-path",
      kind: "input",
      cause,
      next: `Name a file whose first line is ${what}.`,
    });
  });
  const [first = ""] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (first !== "") return first;
  throw new CairnError(`the first line of ${file} is empty`, {
    code: "missing-value",
    kind: "input",
    next: `Write ${what} into the first line of the file.`,
  });
}
