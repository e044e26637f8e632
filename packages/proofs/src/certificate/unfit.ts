import { CairnError } from "@cairn/protocol/errors";

/** Names what does not fit: where in the file, and why. */
export function unfit(where: string, why: string): CairnError {
  return new CairnError(`the certificate does not hold: ${where} ${why}`, {
    code: "bad-certificate",
    kind: "corrupt",
    details: { where },
    next: "Believe nothing of it. Ask whoever gave it to you for the file as it was issued, or have a new one issued.",
  });
}
