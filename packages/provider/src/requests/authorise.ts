import type { PackageRef } from "@cairn/core";
import {
  type Address,
  CairnError,
  type DealId,
  type ErrorCode,
  recoverTyped,
  type Seconds,
  type Signed,
} from "@cairn/protocol";
import type { Asker, ProviderContext } from "../context.ts";
import type { DealEntry } from "../deals/deal-book.ts";

export function refuse(code: ErrorCode, message: string, next?: string): CairnError {
  return new CairnError(message, { code, kind: "auth", next });
}

/** What ran out, or holds for too long, by the chain's time: the reply says by which time it was judged, so that clocks that differ are found. */
export function refuseForTime(code: ErrorCode, message: string, expiry: bigint, chainTime: Seconds): CairnError {
  return new CairnError(`${message} (it holds until ${expiry}, and the chain's time is ${chainTime} here)`, {
    code,
    kind: "auth",
    details: { expiry: expiry.toString(), chainTime },
    next: "Sign a new one; if that is refused too, compare the clocks of both machines with the chain's (`cairn doctor`).",
  });
}

export function unknownDeal(deal: DealId): CairnError {
  return new CairnError(`this provider has no deal ${deal}`, {
    code: "unknown-deal",
    kind: "missing",
    next: "Ask the provider that the chain names for the deal; a deal that has ended is dropped.",
  });
}

/** Executors of packages never change: they are asked of the chain once. */
const executors = new WeakMap<ProviderContext, Map<string, Address>>();
const MAX_KNOWN = 10_000;

/** The executor of a package on chain. @throws CairnError `unknown-package` */
async function executorOf(context: ProviderContext, of: PackageRef): Promise<Address> {
  const known = executors.get(context) ?? new Map<string, Address>();
  executors.set(context, known);
  const key = `${of.owner}/${of.documentHash}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const record = await context.chain().package(of);
  if (record === undefined) {
    throw new CairnError("the chain knows no such package", { code: "unknown-package", kind: "missing" });
  }
  if (known.size >= MAX_KNOWN) known.clear();
  const executor = record.executor.toLowerCase() as Address;
  known.set(key, executor);
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
  const executor = await executorOf(context, entry.quote);
  if (asker.address.toLowerCase() !== executor) {
    throw refuse("not-executor", "only the executor of the package may ask that");
  }
}

function assertUnexpired(context: ProviderContext, expiry: bigint): void {
  const now = context.chainNow();
  if (expiry <= BigInt(now)) throw refuseForTime("bad-capability", "the capability has expired", expiry, now);
}

/** @throws CairnError `bad-capability` unless the package's executor lets this provider have this deal's shard now */
export async function checkUploadCapability(
  context: ProviderContext,
  capability: Signed<"UploadCapability">,
  deal: DealId,
  of: PackageRef,
): Promise<void> {
  const { message, signature } = capability;
  const signer = recoverTyped("UploadCapability", message, context.deployment(), signature);
  if (message.deal !== deal || message.provider !== context.identity.provider) {
    throw refuse("bad-capability", "the capability is for another deal or provider");
  }
  assertUnexpired(context, message.expiry);
  if (signer !== (await executorOf(context, of))) {
    throw refuse("bad-capability", "the capability is not signed by the executor of the package");
  }
}

/** @throws CairnError `bad-capability` unless the owner lets the capability's audience read this package now */
export function checkReadCapability(
  context: ProviderContext,
  capability: Signed<"ReadCapability">,
  of: PackageRef,
): void {
  const { message, signature } = capability;
  if (message.documentHash !== of.documentHash) {
    throw refuse("bad-capability", "the capability is for another package");
  }
  assertUnexpired(context, message.expiry);
  if (recoverTyped("ReadCapability", message, context.deployment(), signature) !== of.owner) {
    throw refuse("bad-capability", "the capability is not signed by the owner of the package");
  }
}
