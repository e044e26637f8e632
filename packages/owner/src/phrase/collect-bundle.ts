import { decryptSecret } from "@cairn/archive/browser";
import { crypto } from "@cairn/archive/crypto";
import type { Address, Hex } from "@cairn/protocol";
import { asCairnError } from "@cairn/protocol/errors";
import { toHex } from "@cairn/protocol/hex";
import { addressOfKey } from "@cairn/protocol/keys";
import { fromBase64 } from "@cairn/protocol/wire/base64";
import { decryptLabel } from "../labels.ts";
import { GONE, mainName } from "../package-name.ts";
import type { Gateway, Owner, OwnerPorts } from "../ports.ts";
import { isBundleName } from "./find-bundle.ts";
import { MOST_NAMES, type RecoveryBundle } from "./recovery-bundle.ts";

/** What a bundle holds beside its number and date. */
export type BundleContent = Omit<RecoveryBundle, "sequence" | "created">;

export type CollectPorts = Pick<OwnerPorts, "network"> & {
  gateway: Pick<Gateway, "wallets" | "walletKeystore" | "settings" | "packages">;
  owner: Pick<Owner, "lookupKey" | "openKey">;
};

/**
 * Everything of an account that cannot be had from the network. Keys of vaults are decrypted by the account's OpenPGP key for it; those of custodial
 * wallets are the gateway's and are not in it.
 */
export async function collectBundle(
  { gateway, owner, network }: CollectPorts,
  { openpgp, wallet }: { openpgp: string; wallet: Hex },
): Promise<BundleContent> {
  const [{ deployment }, { version: _, ...settings }, wallets, packages] = await Promise.all([
    network(),
    gateway.settings(),
    gateway.wallets(),
    gateway.packages(),
  ]);
  const main = addressOfKey(wallet);
  const vaults = await Promise.all(
    wallets
      .filter(({ kind }) => kind === "vault")
      .map(async ({ name, address }) => {
        const { keystore } = await gateway.walletKeystore(address);
        const key = await decryptSecret(await owner.openKey(), fromBase64(keystore));
        return { name, kind: "vault" as const, key: toHex(key) };
      }),
  );
  const names = packages.flatMap((one) => {
    const { id, label, documentHash, state } = one;
    if (documentHash === null || label === null || GONE.has(state)) return [];
    const name = ownName(owner, id, label);
    if (name === undefined || isBundleName(mainName(name, id))) return [];
    return [{ documentHash: documentHash as Hex, name }];
  });
  return {
    network: { chainId: deployment.chainId, deals: deployment.deals.toLowerCase() as Address },
    ...{ openpgp, lookupKey: owner.lookupKey, settings },
    wallets: [
      { name: wallets.find(({ address }) => address === main)?.name ?? "wallet", kind: "client", key: wallet },
      ...vaults.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    ],
    names: names.toSorted((a, b) => (a.documentHash < b.documentHash ? -1 : 1)).slice(0, MOST_NAMES),
  };
}

/** Undefined for a package whose label another key made. */
function ownName(owner: Pick<Owner, "lookupKey">, id: string, label: string): string | undefined {
  try {
    return decryptLabel(owner, id, label).name;
  } catch (error) {
    if (asCairnError(error).code === "wrong-key") return undefined;
    throw error;
  }
}

/** What of an account a bundle lacks, or has otherwise: nothing where it would be brought back as it is. */
export function changedSince(
  bundle: RecoveryBundle,
  now: BundleContent,
): ("keys" | "wallets" | "settings" | "names")[] {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return [
    ...(bundle.openpgp === now.openpgp && crypto.equalSecrets(bundle.lookupKey, now.lookupKey)
      ? []
      : (["keys"] as const)),
    ...(same(bundle.wallets, now.wallets) ? [] : (["wallets"] as const)),
    ...(same(bundle.settings, now.settings) ? [] : (["settings"] as const)),
    ...(same(bundle.names, now.names) ? [] : (["names"] as const)),
  ];
}
