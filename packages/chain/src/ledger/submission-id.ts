import { createHash } from "node:crypto";
import type { DealId } from "@cairn/protocol";

/** Name of a submission about some deals: the same deals, in whatever order, give the same name after a crash. `more` tells attempts apart. */
export function submissionId(what: string, deals: readonly DealId[], more = ""): string {
  const hash = createHash("sha256").update(deals.toSorted().join()).update(more).digest("hex");
  return `${what}:${hash.slice(0, 40)}`;
}
