import type { ByteRange } from "@cairn/archive";
import { CairnError } from "@cairn/protocol";

/** `FROM-TO`, TO not included. Throws `bad-range`. */
export function parseRange(text: string): ByteRange {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  const start = Number(match?.[1]);
  const end = Number(match?.[2]);
  if (match !== null && start < end) return { start, end };
  throw new CairnError(`"${text}" is not a byte range`, {
    code: "bad-range",
    kind: "input",
    next: "Write it as FROM-TO, TO not included: --range 0-1024",
  });
}
