import type { ProviderRecord } from "@cairn/core";
import { pause } from "@cairn/process";
import { type Address, CairnError, type Message, signTyped } from "@cairn/protocol";
import type { ProviderContext } from "../context.ts";
import type { GatewayClient } from "./gateway-client.ts";

const DEADLINE_SECONDS = 3600;
const WAIT_SECONDS = 120;

function isCurrent(record: ProviderRecord, wanted: Message<"Registration">): boolean {
  return (
    record.hot.toLowerCase() === wanted.hot &&
    record.capacity === wanted.capacity &&
    record.priceFloor === wanted.priceFloor &&
    record.egressPrice === wanted.egressPrice &&
    record.duty === wanted.duty &&
    record.region === wanted.region &&
    record.endpoint === wanted.endpoint &&
    (record.pendingPayout ?? record.payout) === wanted.payout
  );
}

/**
 * Have the chain hold this provider's present terms: signed by the cold key, relayed by the gateway, so that no gas is needed to begin.
 * @throws CairnError `retired` unless asked to reactivate, `not-registered` when the chain does not show it in time, the gateway's own
 */
export async function ensureRegistered(context: ProviderContext, gateway: GatewayClient): Promise<void> {
  const { settings, identity, log } = context;
  const ledger = context.chain();
  const record = await ledger.provider(identity.provider);
  if (record !== undefined && !record.active && !settings.reactivate) {
    throw new CairnError("this provider is retired on chain: it keeps its deals and takes no new ones", {
      code: "retired",
      kind: "conflict",
    });
  }
  const message: Message<"Registration"> = {
    hot: identity.hot,
    payout: (settings.payout ?? identity.provider).toLowerCase() as Address,
    capacity: settings.capacity,
    priceFloor: settings.priceFloor,
    egressPrice: settings.egressPrice,
    duty: settings.duty,
    region: settings.region,
    endpoint: context.endpoint,
    nonce: record?.nextNonce ?? 0n,
    deadline: BigInt(Math.max(context.now(), context.chainNow()) + DEADLINE_SECONDS),
  };
  if (record?.active && isCurrent(record, message)) return;
  const signature = signTyped("Registration", message, ledger.deployment, identity.coldKey);
  await gateway.register({ message, signature }, context.signal);
  for (let waited = 0; waited < WAIT_SECONDS && !context.signal.aborted; waited++) {
    const now = await ledger.provider(identity.provider);
    if (now?.active && now.hot.toLowerCase() === identity.hot && now.endpoint === message.endpoint) {
      log.info({ provider: identity.provider, gateway: gateway.url.origin }, "registered");
      return;
    }
    await pause(1, context.signal);
  }
  throw new CairnError("the chain does not show the registration", {
    code: "not-registered",
    kind: "unavailable",
    next: "Check that the gateway's chain makes blocks.",
  });
}
