import { CairnError } from "@cairn/protocol";
import type { Limits } from "./limits.ts";

const WHAT: Record<keyof Limits, { counted: string; frees: string }> = {
  spoolBytes: {
    counted: "bytes at the gateway, of uploads that are not stored yet and of packages kept hot",
    frees: "Room comes back when packages are stored or given up, and hot ones removed: `cairn ls` shows them.",
  },
  packages: { counted: "packages", frees: "Remove one that is not needed: `cairn rm NAME`." },
  egressPerDay: { counted: "bytes read today", frees: "" },
  commitsPerHour: { counted: "packages agreed in this hour", frees: "" },
};

/** An account's limit, what it is, what is used of it, and when it is free again: at a time, or by what its user does. */
export function limitReached(
  limit: keyof Limits,
  { value, used, asked, freesAt }: { value: number; used: number; asked?: number; freesAt?: number },
): CairnError {
  const { counted, frees } = WHAT[limit];
  const more = asked === undefined ? "" : `, and ${asked} more are asked for`;
  return new CairnError(`the account's limit of ${value} ${counted} is reached: ${used} are used${more}`, {
    code: "limit-reached",
    kind: "exhausted",
    details: { limit, value, used, ...(asked === undefined ? {} : { asked }), freesAt: freesAt ?? null },
    next:
      freesAt === undefined
        ? `${frees} An operator can raise the limit.`
        : `Try again after ${new Date(freesAt * 1000).toISOString()}, or ask an operator for more.`,
  });
}
