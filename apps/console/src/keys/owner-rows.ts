import { IndexedTables } from "@cairn/owner/browser/indexed-tables";
import { CairnError } from "@cairn/protocol/errors";

/** Who owns packages in this browser: nothing of it is secret without the key's passphrase. */
export interface HeldOwner {
  /** Of the gateway that the packages are put for: one owner for each. */
  account: string;
  /** 40 upper-case hex digits. */
  fingerprint: string;
  userId: string;
  /** 0x, of the wallet. */
  address: `0x${string}`;
  /** OpenPGP messages to the key: the wallet's 32 bytes, and those that key names. */
  wallet: Uint8Array;
  lookupKey: Uint8Array;
  /** Milliseconds since 1970: when the person took a copy of it. */
  savedAt: number | null;
  /** What is kept of the recovery phrase, as such a message; the words are kept nowhere. */
  phrase?: Uint8Array;
  /** Seconds since 1970: when its words were on paper. Missing until then. */
  phraseWrittenAt?: number | undefined;
  /** How many earlier phrases still bring the account back. */
  earlierPhrases?: number | undefined;
}

const OWNERS = "owners";
const tables = new IndexedTables("cairn-owners", [OWNERS]);
/** Other tabs of this browser. A channel does not hear itself. */
const channel = new BroadcastChannel("cairn-owners");

/** Calls `listener` with the account whose owner another tab has changed. */
export function onOwnerElsewhere(listener: (account: string) => void): void {
  channel.onmessage = ({ data }) => listener(String(data));
}

export const ownerOf = async (account: string): Promise<HeldOwner | undefined> =>
  (await tables.get(OWNERS, account)) as HeldOwner | undefined;

/** @throws CairnError `key-exists` where another tab was first: its wallet is not overwritten */
export async function addOwner(held: HeldOwner): Promise<void> {
  await tables.update(OWNERS, held.account, (before) => {
    if (before !== undefined) throw keyExists();
    return held;
  });
  channel.postMessage(held.account);
}

/** Change the row as it is now, whichever tab wrote it last. @returns it; throws `key-exists` where it is another key's meanwhile */
export async function amendOwner(of: HeldOwner, change: Partial<HeldOwner>): Promise<HeldOwner> {
  const held = await tables.update(OWNERS, of.account, (before) => {
    const now = before as HeldOwner | undefined;
    if (now?.fingerprint !== of.fingerprint) throw keyExists();
    return { ...now, ...change };
  });
  channel.postMessage(of.account);
  return held;
}

export async function removeOwner(account: string): Promise<void> {
  await tables.change([{ table: OWNERS, delete: account }]);
  channel.postMessage(account);
}

export const keyExists = (): CairnError =>
  new CairnError("another tab of this browser has made, brought or removed this account's key", {
    code: "key-exists",
    kind: "conflict",
    next: "Go on with the key that is there now. To use another, remove that one first.",
  });
