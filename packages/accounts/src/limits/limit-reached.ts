import { CairnError } from "@cairn/protocol";
import type { Limits } from "./limits.ts";

const WHAT: Record<keyof Limits, { has: string; unit: string; frees: string }> = {
  spoolBytes: {
    has: "uploads that are not stored yet",
    unit: "bytes",
    frees: "Room comes back when packages are stored or given up: `cairn ls` shows those under way.",
  },
  packages: { has: "packages", unit: "packages", frees: "Remove one that is not needed: `cairn rm NAME`." },
  egressPerDay: { has: "reads of today", unit: "bytes", frees: "" },
  commitsPerHour: { has: "packages agreed in this hour", unit: "packages", frees: "" },
};

/** An account's limit, what it is, what is used of it, and when it is free again: at a time, or by what its user does. */
export function limitReached(
  limit: keyof Limits,
  { value, used, asked, freesAt }: { value: number; used: number; asked?: number; freesAt?: number },
): CairnError {
  const { has, unit, frees } = WHAT[limit];
  const more = asked === undefined ? "" : `, and ${asked} more are asked for`;
  return new CairnError(`the account's limit of ${value} ${unit} of ${has} is reached: ${used} are used${more}`, {
    code: "limit-reached",
    kind: "exhausted",
    details: { limit, value, used, ...(asked === undefined ? {} : { asked }), freesAt: freesAt ?? null },
    next:
      freesAt === undefined
        ? `${frees} An operator can raise the limit.`
        : `Try again after ${new Date(freesAt * 1000).toISOString()}, or ask an operator for more.`,
  });
}
