import type { Ledger } from "@cairn/core";
import { type Address, asCairnError, CairnError, type SigningContext } from "@cairn/protocol";
import { parseEndpoint } from "./dialable.ts";
import { type DirectProvider, probeProvider, type SignRequest } from "./direct-provider.ts";

/** How long the outcome of a probe holds. */
const PROBE_SECONDS = 60;
/** A failure may be the chain's or this gateway's own, and a provider that was started again is wanted soon. */
const FAILURE_SECONDS = 5;
const MAX_KNOWN = 10_000;

interface Known {
  at: number;
  outcome: Promise<DirectProvider | CairnError>;
  settled?: DirectProvider | CairnError;
}

/** Which providers answer at the endpoint that they registered. */
export interface KnownEndpoints {
  /** What is known now; what is not, or is old, is asked for meanwhile. */
  peek(provider: Address): DirectProvider | undefined;
  /** The provider's endpoint once it has answered a probe within the last minute. @throws CairnError why not */
  find(provider: Address): Promise<DirectProvider>;
  /** A call failed: ask again before the next one. */
  forget(provider: Address): void;
}

export function openKnownEndpoints(options: {
  ledger: Ledger;
  context: SigningContext;
  signRequest: SignRequest;
  allowPrivate: boolean;
  now(): number;
  chainNow(): number;
}): KnownEndpoints {
  const known = new Map<Address, Known>();
  const probe = async (provider: Address): Promise<DirectProvider> => {
    const record = await options.ledger.provider(provider);
    if (!record?.endpoint) {
      throw new CairnError(`provider ${provider} has no endpoint`, {
        code: "no-endpoint",
        kind: "unavailable",
        next: "Wait until the provider dials this gateway, or have it register an endpoint.",
      });
    }
    const endpoint = parseEndpoint(record.endpoint, options.allowPrivate);
    const { allowPrivate, context, signRequest, chainNow } = options;
    const found = { provider, endpoint, allowPrivate, context, signRequest, now: chainNow };
    await probeProvider(found);
    return found;
  };
  const ask = (provider: Address): Known => {
    const entry = known.get(provider);
    const holds = entry?.settled instanceof CairnError ? FAILURE_SECONDS : PROBE_SECONDS;
    if (entry !== undefined && options.now() - entry.at < holds) return entry;
    if (known.size >= MAX_KNOWN) known.clear();
    const fresh: Known = { at: options.now(), outcome: probe(provider).catch(asCairnError) };
    if (entry?.settled !== undefined) fresh.settled = entry.settled;
    void fresh.outcome.then((outcome) => {
      fresh.settled = outcome;
    });
    known.set(provider, fresh);
    return fresh;
  };
  return {
    peek(provider) {
      const { settled } = ask(provider);
      return settled instanceof CairnError ? undefined : settled;
    },
    async find(provider) {
      const outcome = await ask(provider).outcome;
      if (outcome instanceof CairnError) throw outcome;
      return outcome;
    },
    forget(provider) {
      known.delete(provider);
    },
  };
}
