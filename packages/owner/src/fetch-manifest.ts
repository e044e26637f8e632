import type { Manifest } from "@cairn/archive/browser";
import type { CommitmentDocument } from "@cairn/protocol";
import { MAX_MANIFEST_BYTES } from "@cairn/protocol/words";
import { collect } from "./collect.ts";
import type { Gateway, Owner } from "./ports.ts";

/**
 * Fetch a package's manifest, decrypt it, check the owner's signature, and hold it against the document: it is this package's, and no other's
 * of the same owner. Throws `wrong-key`, `corrupt-manifest` or `gateway-lies`.
 */
export async function fetchManifest(
  { gateway, owner }: { gateway: Pick<Gateway, "manifest">; owner: Pick<Owner, "openKey"> },
  found: { id: string; document: CommitmentDocument },
): Promise<Manifest> {
  const key = await owner.openKey();
  const encrypted = await collect(await gateway.manifest(found.id), MAX_MANIFEST_BYTES, "the manifest");
  const [{ decryptManifest }, { checkManifest }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("./identify.ts"),
  ]);
  const manifest = await decryptManifest(encrypted, key);
  checkManifest(encrypted, manifest, found.document);
  return manifest;
}
