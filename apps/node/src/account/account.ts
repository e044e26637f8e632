import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AccountKey, exportAccountKey, generateAccountKey } from "@cairn/archive/keys";
import { type AccountSecrets, writeAccountFile } from "@cairn/owner/account-file";
import { CairnError } from "@cairn/protocol/errors";
import { type Home, writeNew, writeWhole } from "../home/home.ts";
import { accountPath, passphraseFromEnvironment } from "./load-secrets.ts";
import { loadOwner, type Owner, ownerOf } from "./owner.ts";

/** The owner, with the OpenPGP key ready for use. */
export interface Account extends Owner {
  key: AccountKey;
}

/** The account of a home, or undefined when it has none yet. */
export async function loadAccount(home: Home, passphrase = passphraseFromEnvironment()): Promise<Account | undefined> {
  const owner = await loadOwner(home, passphrase);
  return owner === undefined ? undefined : openAccount(owner);
}

/** The account of a home, made at first use; encrypted when CAIRN_PASSPHRASE is set. */
export async function ensureAccount(home: Home): Promise<{ account: Account; created: boolean }> {
  const existing = await loadAccount(home);
  if (existing !== undefined) return { account: existing, created: false };
  const secrets: AccountSecrets = {
    openpgp: await exportAccountKey(await generateAccountKey({ name: "Cairn account" })),
    wallet: `0x${randomBytes(32).toString("hex")}`,
    lookupKey: randomBytes(32).toString("base64"),
  };
  const created = await writeNew(accountPath(home), await writeAccountFile(secrets, passphraseFromEnvironment()));
  const account = created ? await openAccount(ownerOf(secrets)) : await loadAccount(home);
  if (account === undefined) throw new Error("the account file vanished while it was being made");
  return { account, created };
}

/**
 * Put an account into a home that has none, or one that is unused: that one's file is kept beside it, at the path `replaced`.
 * @throws CairnError `account-exists`
 */
export async function installAccount(
  home: Home,
  secrets: AccountSecrets,
  isUnused: (existing: Owner) => Promise<boolean> = async () => false,
): Promise<{ account: Account; replaced?: string }> {
  const account = await openAccount(ownerOf(secrets));
  const existing = await loadOwner(home);
  const isAnother = existing !== undefined && existing.wallet.address !== account.wallet.address;
  if (isAnother && !(await isUnused(existing))) {
    throw new CairnError(`the home ${home.directory} already has another account (${existing.wallet.address})`, {
      code: "account-exists",
      kind: "conflict",
      next: "Import into another home (--home). While the network runs, an account that has stored and paid nothing is replaced.",
    });
  }
  const replaced = isAnother ? join(home.account, `replaced-${existing.wallet.address}.json`) : undefined;
  if (replaced !== undefined) await writeWhole(replaced, await readFile(accountPath(home)));
  await writeWhole(accountPath(home), await writeAccountFile(secrets, passphraseFromEnvironment()));
  return replaced === undefined ? { account } : { account, replaced };
}

/** Keep more, or less, with an account's own keys. */
export async function replaceSecrets(
  home: Home,
  { wallet }: Pick<Account, "wallet">,
  secrets: AccountSecrets,
): Promise<void> {
  if (secrets.wallet !== wallet.key) throw new Error("these are another account's secrets");
  await writeWhole(accountPath(home), await writeAccountFile(secrets, passphraseFromEnvironment()));
}

export async function openAccount(owner: Owner): Promise<Account> {
  return { ...owner, key: await owner.openKey() };
}
