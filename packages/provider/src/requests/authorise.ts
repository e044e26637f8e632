import { recoverTyped } from "@cairn/chain";
import { type Address, CairnError, type DealId, type Hex, type Signed } from "@cairn/core";
import type { Asker, ProviderContext } from "../context.ts";
import type { DealEntry } from "../deals/deal-book.ts";

export function refuse(code: string, message: string, next?: string): CairnError {
  return new CairnError(message, { code, kind: "auth", ...(next === undefined ? {} : { next }) });
}

export function unknownDeal(deal: DealId): CairnError {
  return new CairnError(`this provider has no deal ${deal}`, { code: "unknown-deal", kind: "missing" });
}

/** Executors of packages never change: they are asked of the chain once. */
const executors = new WeakMap<ProviderContext, Map<Hex, Address>>();
const MAX_KNOWN = 10_000;

/** The executor of a package on chain. @throws CairnError `unknown-package` */
async function executorOf(context: ProviderContext, manifestHash: Hex): Promise<Address> {
  const known = executors.get(context) ?? new Map<Hex, Address>();
  executors.set(context, known);
  const found = known.get(manifestHash);
  if (found !== undefined) return found;
  const record = await context.chain().package(manifestHash);
  if (record === undefined) {
    throw new CairnError("the chain knows no such package", { code: "unknown-package", kind: "missing" });
  }
  if (known.size >= MAX_KNOWN) known.clear();
  const executor = record.executor.toLowerCase() as Address;
  known.set(manifestHash, executor);
  return executor;
}

/** Let only a gateway that this provider dials ask. @throws CairnError `not-my-gateway` */
export function requireGateway(asker: Asker) {
  if (asker.gateway === undefined) {
    throw refuse("not-my-gateway", "this provider answers that only to gateways that it dials");
  }
  return asker.gateway;
}

/** Let only the executor of the deal's package ask. @throws CairnError `not-executor` */
export async function requireExecutor(context: ProviderContext, asker: Asker, entry: DealEntry): Promise<void> {
  requireGateway(asker);
  const executor = await executorOf(context, entry.quote.manifestHash);
  if (asker.address.toLowerCase() !== executor) {
    throw refuse("not-executor", "only the executor of the package may ask that");
  }
}

/** @throws CairnError `bad-capability` unless the package's executor lets this provider have this deal's shard now */
export async function checkUploadCapability(
  context: ProviderContext,
  capability: Signed<"UploadCapability">,
  deal: DealId,
  manifestHash: Hex,
): Promise<void> {
  const { message, signature } = capability;
  const signer = recoverTyped("UploadCapability", message, context.deployment(), signature);
  if (message.deal !== deal || message.provider !== context.identity.provider) {
    throw refuse("bad-capability", "the capability is for another deal or provider");
  }
  if (message.expiry <= BigInt(context.now())) throw refuse("bad-capability", "the capability has expired");
  if (signer !== (await executorOf(context, manifestHash))) {
    throw refuse("bad-capability", "the capability is not signed by the executor of the package");
  }
}

/** @throws CairnError `bad-capability` unless the owner lets the capability's audience read this package now */
export function checkReadCapability(
  context: ProviderContext,
  capability: Signed<"ReadCapability">,
  package_: { manifestHash: Hex; owner: Address },
): void {
  const { message, signature } = capability;
  if (message.manifestHash !== package_.manifestHash) {
    throw refuse("bad-capability", "the capability is for another package");
  }
  if (message.expiry <= BigInt(context.now())) throw refuse("bad-capability", "the capability has expired");
  if (recoverTyped("ReadCapability", message, context.deployment(), signature) !== package_.owner) {
    throw refuse("bad-capability", "the capability is not signed by the owner of the package");
  }
}
