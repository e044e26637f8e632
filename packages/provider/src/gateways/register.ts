import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { signTyped } from "@cairn/chain";
import { type Address, CairnError, type Message, type ProviderRecord } from "@cairn/core";
import type { ProviderContext } from "../context.ts";
import { writeDurably } from "../files/durable.ts";
import { pause } from "./back-off.ts";
import type { GatewayClient } from "./gateway-client.ts";

const DEADLINE_SECONDS = 3600;
const WAIT_SECONDS = 120;

/** The payout last registered: a change stands on chain only after seven days, until then the record shows the old one. */
async function lastPayout(context: ProviderContext, record: ProviderRecord): Promise<Address> {
  try {
    const { payout } = JSON.parse(await readFile(join(context.settings.directory, "registration.json"), "utf8"));
    return payout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
    return record.payout;
  }
}

async function isCurrent(context: ProviderContext, record: ProviderRecord, wanted: Message<"Registration">) {
  return (
    record.hot.toLowerCase() === wanted.hot &&
    record.capacity === wanted.capacity &&
    record.priceFloor === wanted.priceFloor &&
    record.egressPrice === wanted.egressPrice &&
    record.duty === wanted.duty &&
    record.region === wanted.region &&
    record.endpoint === wanted.endpoint &&
    (await lastPayout(context, record)).toLowerCase() === wanted.payout
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
      next: "Start with reactivate to register it again.",
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
    nonce: BigInt(Date.now()),
    deadline: BigInt(Math.max(context.now(), context.chainNow()) + DEADLINE_SECONDS),
  };
  if (record?.active && (await isCurrent(context, record, message))) return;
  const signature = signTyped("Registration", message, ledger.deployment, identity.coldKey);
  await gateway.register({ message, signature }, context.signal);
  await writeDurably(
    join(settings.directory, "registration.json"),
    `${JSON.stringify({ payout: message.payout, endpoint: message.endpoint, nonce: message.nonce.toString() })}\n`,
  );
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
