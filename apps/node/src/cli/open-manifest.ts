import type { Manifest } from "@cairn/archive";
import type { CairnClient } from "@cairn/client";
import type { CommitmentDocument } from "@cairn/protocol";
import { MAX_MANIFEST_BYTES } from "@cairn/protocol/words";
import type { Account } from "../account/account.ts";
import { collect } from "./collect.ts";

/**
 * Fetch a package's manifest, decrypt it, check the owner's signature, and hold it against the document: it is this package's, and no other's
 * of the same owner. Throws `wrong-key`, `corrupt-manifest` or `gateway-lies`.
 */
export async function fetchManifest(
  client: CairnClient,
  account: Account,
  found: { id: string; document: CommitmentDocument },
): Promise<Manifest> {
  const encrypted = await collect(await client.manifest(found.id), MAX_MANIFEST_BYTES, "the manifest");
  const [{ decryptManifest }, { checkManifest }] = await Promise.all([
    import("@cairn/archive"),
    import("../owner/identify.ts"),
  ]);
  const manifest = await decryptManifest(encrypted, account.key);
  checkManifest(encrypted, manifest, found.document);
  return manifest;
}
