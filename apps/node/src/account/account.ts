import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AccountKey, exportAccountKey, generateAccountKey, importAccountKey } from "@cairn/archive";
import { type Address, CairnError, type Hex } from "@cairn/core";
import { privateKeyToAddress } from "viem/accounts";
import { type Home, writeNew, writeWhole } from "../home/home.ts";
import { type AccountSecrets, readAccountFile, writeAccountFile } from "./account-file.ts";

/** The owner, with keys ready for use. */
export interface Account {
  key: AccountKey;
  wallet: { address: Address; key: Hex };
  /** Keys name hashes and labels. */
  lookupKey: Buffer;
  secrets: AccountSecrets;
}

const accountPath = (home: Home): string => join(home.account, "account.json");

const passphraseFromEnvironment = (): string | undefined => process.env.CAIRN_PASSPHRASE || undefined;

/** The account of a home, or undefined when it has none yet. */
export async function loadAccount(home: Home, passphrase = passphraseFromEnvironment()): Promise<Account | undefined> {
  let text: string;
  try {
    text = await readFile(accountPath(home), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CairnError(`cannot read ${accountPath(home)}`, {
      code: "home-unreadable",
      kind: "unavailable",
      cause: error,
      next: "Check who owns the home directory.",
    });
  }
  return openAccount(await readAccountFile(text, passphrase));
}

/** The account of a home, made at first use; sealed when CAIRN_PASSPHRASE is set. */
export async function ensureAccount(home: Home): Promise<{ account: Account; created: boolean }> {
  const existing = await loadAccount(home);
  if (existing !== undefined) return { account: existing, created: false };
  const secrets: AccountSecrets = {
    openpgp: await exportAccountKey(await generateAccountKey({ name: "Cairn account" })),
    wallet: `0x${randomBytes(32).toString("hex")}`,
    lookupKey: randomBytes(32).toString("base64"),
  };
  const created = await writeNew(accountPath(home), await writeAccountFile(secrets, passphraseFromEnvironment()));
  const account = created ? await openAccount(secrets) : await loadAccount(home);
  if (account === undefined) throw new Error("the account file vanished while it was being made");
  return { account, created };
}

/** Put an account into a home that has none; throws `account-exists`. */
export async function installAccount(home: Home, secrets: AccountSecrets): Promise<Account> {
  const account = await openAccount(secrets);
  const existing = await loadAccount(home);
  if (existing !== undefined && existing.wallet.address !== account.wallet.address) {
    throw new CairnError(`the home ${home.directory} already has another account (${existing.wallet.address})`, {
      code: "account-exists",
      kind: "conflict",
      next: "Export it with `cairn key export`, or import into another home (--home).",
    });
  }
  await writeWhole(accountPath(home), await writeAccountFile(secrets, passphraseFromEnvironment()));
  return account;
}

async function openAccount(secrets: AccountSecrets): Promise<Account> {
  return {
    key: await importAccountKey(secrets.openpgp),
    wallet: { address: privateKeyToAddress(secrets.wallet).toLowerCase() as Address, key: secrets.wallet },
    lookupKey: Buffer.from(secrets.lookupKey, "base64"),
    secrets,
  };
}
