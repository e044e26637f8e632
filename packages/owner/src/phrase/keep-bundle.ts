import { PHRASE_WALLET } from "@cairn/core/wallet-names";
import { CairnError } from "@cairn/protocol/errors";
import type { Agreed } from "../agree.ts";
import { carSource } from "../car-source.ts";
import { endPackage } from "../end-package.ts";
import type { OwnerPorts } from "../ports.ts";
import { type PutOptions, put } from "../put.ts";
import { livePackage } from "../replace-package.ts";
import { walletSigner } from "../wallet-signer.ts";
import { carOfBundle } from "./bundle-blocks.ts";
import type { BundleContent } from "./collect-bundle.ts";
import { BUNDLE_NAME, bundleNameOf, type FoundBundle, findBundles } from "./find-bundle.ts";
import { type PhraseKeys, repairKeyOfBundle } from "./phrase.ts";
import { joinWallet } from "./phrase-wallet.ts";
import { encryptBundle, type RecoveryBundle } from "./recovery-bundle.ts";

export interface KeepOptions {
  keys: PhraseKeys;
  content: BundleContent;
  /** The API token, or what stands for it in a session. */
  token: string;
  /** k = 1: any one provider is enough. */
  shape: PutOptions["shape"] & { k: 1 };
  /** Most that escrow and reserve may come to, wei. */
  maxCost?: bigint | undefined;
  /** Have this much more deposited for the phrase's wallet, wei; resolves once the gateway and the chain have seen it. */
  fund: (wallet: string, lacking: bigint) => Promise<void>;
  confirm?: (agreed: Agreed) => Promise<void>;
  signal: AbortSignal;
  /** How the bundle is sent; streamed unless set. */
  upload?: PutOptions["upload"];
  onEvent?: NonNullable<PutOptions["onEvent"]>;
}

export interface Kept {
  id: string;
  bundle: RecoveryBundle;
  /** Older ones that were ended. */
  ended: string[];
}

/**
 * Store what a phrase is to bring back, as a package of the phrase's own wallet: one block list under AES-256-GCM, whole at each provider. It is read back
 * from the network as an empty machine would before older bundles of the phrase are ended.
 * @param ports with the account's own owner
 * @throws CairnError what `put` throws; `bad-bundle` where it does not come back
 */
export async function keepBundle(ports: OwnerPorts, options: KeepOptions): Promise<Kept> {
  const { keys, content, token, shape, maxCost, fund, signal, upload, onEvent, confirm } = options;
  const signer = walletSigner(keys.wallet);
  await joinWallet(ports, signer, { token, name: PHRASE_WALLET });
  const phrase = { signer, bundleKey: keys.bundleKey };
  const before = await findBundles(ports, phrase).catch(unreadable);
  const created = ports.clock.now();
  const bundle = { ...content, sequence: nextSequence(before, created), created };
  const car = await carOfBundle(encryptBundle(keys.bundleKey, bundle));
  const own = { ...ports, owner: { ...ports.owner, signer } };
  // The bundle of another phrase keeps the name: it ends when the words of this one are written down, and not before.
  const holder = (await livePackage(ports, BUNDLE_NAME))?.document?.owner ?? signer.address;
  const name = holder === signer.address ? BUNDLE_NAME : bundleNameOf(signer.address);
  const store = () =>
    put(own, {
      source: carSource(name, once(car), car.length),
      ...{ shape, layout: "car", replace: true, signal, maxCost: maxCost ?? undefined },
      ...(onEvent === undefined ? {} : { onEvent }),
      ...(confirm === undefined ? {} : { confirm }),
      ...(upload === undefined ? {} : { upload }),
      repairKeyOf: (id) => repairKeyOfBundle(keys.bundleKey, id),
    });
  let result: Awaited<ReturnType<typeof store>>;
  try {
    result = await store();
  } catch (error) {
    const lacking = lackingIn(error);
    if (lacking === undefined) throw error;
    await fund(signer.address, lacking);
    result = await store();
  }
  if (result.outcome !== "stored") throw new Error(`a put ended as ${result.outcome}`);
  const { id } = result;
  const after = await findBundles(ports, phrase);
  if (after[0]?.detail.id !== id) throw notNewest();
  return { id, bundle, ended: await endOlder(own, after.slice(1)) };
}

/**
 * Bundles are numbered by the second in which they are made, and always above what was read: one that cannot be read now, because its provider is away,
 * was made earlier and counts as older when it is back.
 * @param found newest first
 * @param now seconds since 1970
 */
export const nextSequence = (found: readonly Pick<FoundBundle, "bundle">[], now: number): number =>
  Math.max((found[0]?.bundle.sequence ?? 0) + 1, now);

/** End all bundles of a phrase that another has taken the place of. @param ports with the account's own owner */
export async function endBundles(ports: OwnerPorts, { wallet, bundleKey }: PhraseKeys): Promise<string[]> {
  const signer = walletSigner(wallet);
  const found = await findBundles(ports, { signer, bundleKey }).catch((error: unknown) => {
    // What is ending already is read no more.
    if (error instanceof CairnError && error.code === "wrong-state") return [];
    throw error;
  });
  return endOlder({ ...ports, owner: { ...ports.owner, signer } }, found);
}

/** @returns the ids of those that were ended now */
export async function endOlder(
  ports: Pick<OwnerPorts, "gateway" | "owner" | "network" | "known" | "clock">,
  older: readonly FoundBundle[],
): Promise<string[]> {
  const ended: string[] = [];
  for (const { detail } of older) {
    if (detail.state === "ENDING") continue;
    await endPackage(ports, detail, ports.owner.signer.address);
    ended.push(detail.id);
  }
  return ended;
}

/** What cannot be read now is superseded all the same. */
function unreadable(error: unknown): FoundBundle[] {
  if (
    error instanceof CairnError &&
    (error.kind === "corrupt" || error.kind === "unavailable") &&
    error.code !== "gateway-lies"
  )
    return [];
  throw error;
}

function lackingIn(error: unknown): bigint | undefined {
  if (!(error instanceof CairnError) || error.code !== "insufficient-funds") return undefined;
  const { need, have } = error.details ?? {};
  if (typeof need !== "string" || typeof have !== "string") return undefined;
  const lacking = BigInt(need) - BigInt(have);
  // It is quoted again then, and may be dearer by some seconds or by another provider.
  return lacking > 0n ? lacking + BigInt(need) / 100n : undefined;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const notNewest = (): CairnError =>
  new CairnError("the recovery bundle was stored, but is not what the phrase finds", {
    code: "bad-bundle",
    kind: "corrupt",
    next: "Run `cairn phrase update` again; the older bundle is still there.",
  });
