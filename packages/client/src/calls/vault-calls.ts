import { type NewVaultUploadJson, VaultFolderJson, VaultUploadJson } from "../vault-schemas.ts";
import type { Caller } from "./caller.ts";

/** What the gateway stores from folders of its own machine. */
export const vaultCalls = ({ call }: Caller) => ({
  /** @param path of a folder; only which folders there are if left out */
  list: (path?: string) => call(VaultFolderJson, "/vault-paths", { query: { path } }),
  /** Begin it, or again where it failed; asked for again while it goes on, nothing changes. */
  begin: (id: string, body: NewVaultUploadJson) =>
    call(VaultUploadJson, `/packages/${id}/vault-upload`, { method: "POST", body }),
  upload: (id: string) => call(VaultUploadJson, `/packages/${id}/vault-upload`),
});
