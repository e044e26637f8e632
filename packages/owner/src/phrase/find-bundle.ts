import { crypto } from "@cairn/archive/crypto";
import type { PackageDetailJson } from "@cairn/client";
import type { OwnerSigner } from "@cairn/core";
import type { Hex } from "@cairn/protocol";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { toBase64 } from "@cairn/protocol/wire/base64";
import { type FindPorts, ownDocument } from "../find-package.ts";
import { lie } from "../gateway-lies.ts";
import { blocksOf } from "../get-blocks.ts";
import { encryptLabel, nameHash } from "../labels.ts";
import type { Gateway, OwnerPorts } from "../ports.ts";
import { readCapability } from "../read-capability.ts";
import { readEncrypted } from "./bundle-blocks.ts";
import { repairKeyOfBundle } from "./phrase.ts";
import { decryptBundle, type RecoveryBundle } from "./recovery-bundle.ts";

/** What the packages of bundles are called. */
export const BUNDLE_NAME = "recovery bundle";

/** What one is called while another phrase's has the name. */
export const bundleNameOf = (wallet: string): string => `${BUNDLE_NAME} ${wallet.slice(0, 10)}`;

/** Whether a package of that name is a bundle. */
export const isBundleName = (name: string): boolean => /^recovery bundle( 0x[0-9a-f]{8})?$/.test(name);

export type BundlePorts = Pick<OwnerPorts, "network" | "readChain" | "known" | "clock"> & {
  gateway: FindPorts["gateway"] & Pick<Gateway, "recoverable" | "recover" | "setRepairKey" | "blocks">;
};

export interface FoundBundle {
  detail: PackageDetailJson;
  bundle: RecoveryBundle;
}

/**
 * Read the bundles of a phrase that live on the chain, newest first. Its wallet must be one of the account's at this gateway.
 * @throws CairnError the reason, where there are bundles and none can be read
 */
export async function findBundles(
  ports: BundlePorts,
  phrase: { signer: OwnerSigner; bundleKey: Uint8Array },
): Promise<FoundBundle[]> {
  const { signer, bundleKey } = phrase;
  // Only until the account's own lookup key is known.
  const owner = { signer, lookupKey: crypto.hkdfSha256(bundleKey, "cairn/recovery-lookup/1", 32), openKey: noKey };
  const asked = { ...ports, owner };
  const found: FoundBundle[] = [];
  let failed: CairnError | undefined;
  for (const { documentHash, known } of await ports.gateway.recoverable(signer.address)) {
    try {
      const capability = await readCapability(asked, { documentHash: documentHash as Hex, owner: signer.address });
      const [detail] = await ports.gateway.recover([capability], signer.address);
      if (detail?.documentHash !== documentHash) {
        throw lie("the recovered bundle", detail?.documentHash, documentHash, "Nothing was recovered.");
      }
      const document = await ownDocument(asked, detail, signer.address);
      const { id } = detail;
      if (known === null) {
        const bytes = document.pieces.reduce((sum, { length }) => sum + length, 0);
        const name = `${BUNDLE_NAME}~${id.slice(0, 8)}`;
        await ports.gateway.setRepairKey(id, {
          ...{ repairKey: toBase64(repairKeyOfBundle(bundleKey, id)), nameHash: nameHash(owner, name) },
          ...{ label: encryptLabel(owner, id, { name, files: 1, bytes }), layout: "car", files: 1, bytes },
        });
      }
      const encrypted = await readEncrypted(blocksOf(ports.gateway, { id, capability }), document.root);
      found.push({ detail, bundle: decryptBundle(bundleKey, encrypted) });
    } catch (error) {
      // An older one that is damaged hides no newer one.
      failed ??= asCairnError(error);
    }
  }
  if (found.length === 0 && failed !== undefined) throw failed;
  return found.toSorted((a, b) => b.bundle.sequence - a.bundle.sequence || b.bundle.created - a.bundle.created);
}

/** Bundles are opened by the phrase alone. */
const noKey = (): Promise<never> =>
  Promise.reject(
    new CairnError("a bundle is read without an OpenPGP key", { code: "key-locked", kind: "auth", next: "Unlock it." }),
  );
