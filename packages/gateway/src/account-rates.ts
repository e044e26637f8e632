import { TrafficLimits, tooManyRequests } from "@cairn/process/entrances";
import type { FastifyRequest } from "fastify";
import { principalOf } from "./principal-of.ts";

/** Questions that cost more than a look-up, by account: a page asks for a preview with each change of a field. */
const RATES = {
  previews: { perSecond: 4, burst: 40 },
  safety: { perSecond: 2, burst: 20 },
  providers: { perSecond: 10, burst: 100 },
  /** Each starts a process. A person who looks through folders is slower. */
  folders: { perSecond: 2, burst: 20 },
  chain: { perSecond: 20, burst: 200 },
  /** A call is run for each. */
  fees: { perSecond: 2, burst: 20 },
  /** Each may read thousands of quotes from the chain and make 64 MiB of text. */
  certificate: { perSecond: 0.5, burst: 10 },
  /** Each has up to some hundred spans of every deal in it. */
  proofs: { perSecond: 10, burst: 100 },
};
const ACCOUNTS = 10_000;

export type RatedKind = keyof typeof RATES;

/** Counts a request of the principal's account. @throws EntranceRefusal `too-many-requests` */
export function accountRates(now?: () => number): (request: FastifyRequest, kind: RatedKind) => void {
  const limits = new TrafficLimits<RatedKind>(
    { rates: RATES, heldBytes: { perNetwork: 0, total: 0 }, networks: ACCOUNTS },
    now,
  );
  return (request, kind) => {
    const wait = limits.take(principalOf(request).account, kind);
    if (wait > 0) throw tooManyRequests(wait, "account");
  };
}
