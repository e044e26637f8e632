import { type Manifest, openManifest } from "@cairn/archive";
import type { CairnClient } from "@cairn/client";
import { CairnError } from "@cairn/core";
import type { Account } from "../account/account.ts";

/** A manifest of 100,000 files is some tens of MB; what is larger than this is not one. */
const MAX_MANIFEST_BYTES = 1024 * 1024 * 1024;

/** Fetch a package's manifest, decrypt it and check the owner's signature. Throws `wrong-key` or `bad-manifest`. */
export async function fetchManifest(client: CairnClient, account: Account, id: string): Promise<Manifest> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of await client.manifest(id)) {
    size += chunk.length;
    if (size > MAX_MANIFEST_BYTES) {
      throw new CairnError("the manifest is larger than any manifest can be", {
        code: "bad-manifest",
        kind: "corrupt",
      });
    }
    chunks.push(chunk);
  }
  return openManifest(Buffer.concat(chunks), account.key);
}
