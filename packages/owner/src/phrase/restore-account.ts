import { encryptSecret, importAccountKey } from "@cairn/archive/browser";
import { PHRASE_WALLET } from "@cairn/core/wallet-names";
import type { Address, Hex } from "@cairn/protocol";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { fromHex } from "@cairn/protocol/hex";
import { toBase64 } from "@cairn/protocol/wire/base64";
import { encryptLabel, nameHash } from "../labels.ts";
import { sideName } from "../package-name.ts";
import type { Gateway, Owner, OwnerPorts } from "../ports.ts";
import { type RecoverEvent, type Recovered, recoverPackages } from "../recover-packages.ts";
import { walletSigner } from "../wallet-signer.ts";
import { BUNDLE_NAME, type BundlePorts, type FoundBundle, findBundles } from "./find-bundle.ts";
import { endOlder } from "./keep-bundle.ts";
import { keysOfPhrase, type PhraseKeys, readPhrase } from "./phrase.ts";
import { type JoinPorts, joinWallet } from "./phrase-wallet.ts";

/** What a phrase opened. */
export interface Opened {
  keys: PhraseKeys;
  newest: FoundBundle;
  older: FoundBundle[];
}

/**
 * Find what a phrase stands for, on a machine that has nothing of the account: its wallet becomes one of the API token's account.
 * @throws CairnError `bad-phrase`, `no-bundle`, `network-changed`
 */
export async function openPhrase(ports: BundlePorts & JoinPorts, words: string, token: string): Promise<Opened> {
  const keys = await keysOfPhrase(readPhrase(words));
  const signer = walletSigner(keys.wallet);
  await joinWallet(ports, signer, { token, name: PHRASE_WALLET });
  const [newest, ...older] = await findBundles(ports, { signer, bundleKey: keys.bundleKey });
  if (newest === undefined) {
    throw new CairnError("the words are a recovery phrase, and this network has no bundle of it", {
      code: "no-bundle",
      kind: "missing",
      details: { wallet: signer.address },
      next: "Look whether they are the words that were shown last and this is the network of that time; a bundle whose term is over is gone.",
    });
  }
  const { chainId, deals } = newest.bundle.network;
  const { deployment } = await ports.network();
  if (chainId !== deployment.chainId || deals !== deployment.deals.toLowerCase()) {
    throw new CairnError(`the bundle is of the network ${deals} on chain ${chainId}`, {
      code: "network-changed",
      kind: "conflict",
      next: "Use a gateway of that network.",
    });
  }
  return { keys, newest, older };
}

export type RestorePorts = OwnerPorts & { gateway: Gateway };

export interface Restored {
  wallets: { address: Address; name: string; kind: "client" | "vault" }[];
  /** `kept`: the account had settings of its own here. */
  settings: "restored" | "kept" | { error: CairnError };
  /** One for each wallet. */
  packages: Recovered[];
  /** Older bundles that were ended. */
  ended: string[];
}

/**
 * Bring an opened account back: wallets, settings, and its packages under the names that they had last. What fails is said and holds up nothing else;
 * repeated, it goes on.
 * @param ports with the owner that the bundle's keys make
 */
export async function restoreAccount(
  ports: RestorePorts,
  { keys, newest, older }: Opened,
  { token, onEvent = () => undefined }: { token: string; onEvent?: (event: RecoverEvent) => void },
): Promise<Restored> {
  const { gateway, owner } = ports;
  const { bundle, detail } = newest;
  const phrase = walletSigner(keys.wallet);
  const openpgp = await owner.openKey();
  const wallets: Restored["wallets"] = [];
  for (const { name, kind, key } of bundle.wallets) {
    const signer = walletSigner(key);
    const keystore = kind === "vault" ? { keystore: toBase64(await encryptSecret(openpgp, fromHex(key))) } : {};
    await joinWallet(ports, signer, { token, name, ...keystore });
    wallets.push({ address: signer.address, name, kind });
  }
  if ((await gateway.account()).owner?.toLowerCase() === phrase.address) {
    await gateway.setDefaultWallet(owner.signer.address);
  }
  const settings = await restoreSettings(gateway, newest);
  const names = new Map<string, string>(bundle.names.map(({ documentHash, name }) => [documentHash, name]));
  const packages: Recovered[] = [];
  for (const { key } of bundle.wallets) {
    const of = { ...ports, owner: { ...owner, signer: walletSigner(key) } };
    packages.push(await recoverPackages(of, { token, names, onEvent }));
  }
  const called = { name: BUNDLE_NAME, files: 1, bytes: detail.bytes };
  await call(ports, detail.id, called).catch((error) => {
    if (asCairnError(error).code !== "name-taken") throw error;
    return call(ports, detail.id, { ...called, name: sideName(BUNDLE_NAME, detail.id) });
  });
  await ports.known.remember({
    ...{ id: detail.id, nameHash: nameHash(owner, BUNDLE_NAME), documentHash: detail.documentHash as Hex },
    ...{ root: detail.root ?? "", owner: phrase.address, signedAt: bundle.created, ended: false },
  });
  return {
    wallets,
    settings,
    packages,
    ended: await endOlder({ ...ports, owner: { ...owner, signer: phrase } }, older),
  };
}

function call(
  { gateway, owner }: { gateway: Pick<Gateway, "renamePackage">; owner: Pick<Owner, "lookupKey"> },
  id: string,
  label: { name: string; files: number; bytes: number },
): Promise<unknown> {
  return gateway.renamePackage(id, { nameHash: nameHash(owner, label.name), label: encryptLabel(owner, id, label) });
}

/** Settings that somebody made here since are not overwritten. */
async function restoreSettings(
  gateway: Pick<Gateway, "settings" | "changeSettings">,
  { bundle }: FoundBundle,
): Promise<Restored["settings"]> {
  const { version } = await gateway.settings();
  if (version !== 0) return "kept";
  try {
    await gateway.changeSettings({ ...bundle.settings, version });
    return "restored";
  } catch (error) {
    return { error: asCairnError(error) };
  }
}

/** The owner that a bundle's keys make, its OpenPGP key unlocked. @param passphrase of the key, where it is under one */
export async function ownerOfBundle({ bundle }: FoundBundle, passphrase?: string): Promise<Owner> {
  const key = await importAccountKey(bundle.openpgp, passphrase);
  return { signer: walletSigner(bundle.wallets[0]!.key), lookupKey: bundle.lookupKey, openKey: async () => key };
}
