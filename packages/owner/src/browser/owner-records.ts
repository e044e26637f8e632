import type { KnownPackage, KnownPackages } from "../known-packages.ts";
import type { Pinned, PinStore } from "../pin-network.ts";
import type { Owner } from "../ports.ts";
import { IndexedPuts } from "./indexed-puts.ts";
import { IndexedTables } from "./indexed-tables.ts";

/** What an owner's side keeps in a browser. */
export interface OwnerRecords {
  known: KnownPackages;
  puts: IndexedPuts;
  pins: PinStore;
  close(): Promise<void>;
}

const ID = /^[0-9a-f]{32}$/;
const PACKAGES = "packages";
const PINS = "pins";
const NETWORK = "network";

/**
 * Records of one owner in this browser's IndexedDB, a database for each. Ask `navigator.storage.persist()` to have them kept: a browser that
 * is short of room may remove others.
 */
export function ownerRecords(owner: { address: string } & Pick<Owner, "lookupKey">): OwnerRecords {
  const name = `cairn-owner-${owner.address.toLowerCase()}`;
  const tables = new IndexedTables(name, [PACKAGES, PINS, ...IndexedPuts.TABLES]);
  return {
    known: {
      async recall(id) {
        return ID.test(id) ? ((await tables.get(PACKAGES, id)) as KnownPackage | undefined) : undefined;
      },
      remember: (known) => tables.change([{ table: PACKAGES, key: known.id, put: known }]),
      async forget(id) {
        if (ID.test(id)) await tables.change([{ table: PACKAGES, delete: id }]);
      },
      ids: async () => (await tables.keys(PACKAGES)) as string[],
    },
    puts: new IndexedPuts(name, tables, owner),
    pins: {
      read: async () => (await tables.get(PINS, NETWORK)) as Pinned | undefined,
      write: (pinned) => tables.change([{ table: PINS, key: NETWORK, put: pinned }]),
    },
    close: () => tables.close(),
  };
}
