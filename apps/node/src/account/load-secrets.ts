import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AccountSecrets, readAccountFile } from "@cairn/owner/account-file";
import { CairnError } from "@cairn/protocol/errors";
import type { Home } from "../home/home.ts";

export const accountPath = (home: Home): string => join(home.account, "account.json");

export const passphraseFromEnvironment = (): string | undefined => process.env.CAIRN_PASSPHRASE || undefined;

/** What a home's account file holds, or undefined when it has none yet; no key is opened, and no library of keys loaded. */
export async function loadSecrets(
  home: Home,
  passphrase = passphraseFromEnvironment(),
): Promise<AccountSecrets | undefined> {
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
  return readAccountFile(text, passphrase);
}

/** The key of names and labels alone, which is all that a listing needs. */
export async function loadLookupKey(home: Home): Promise<{ lookupKey: Buffer } | undefined> {
  const secrets = await loadSecrets(home);
  return secrets === undefined ? undefined : { lookupKey: Buffer.from(secrets.lookupKey, "base64") };
}
