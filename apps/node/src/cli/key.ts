import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { exportPublicKey } from "@cairn/archive/keys";
import { type KnownNetwork, readAccountFile, writeAccountFile } from "@cairn/owner/account-file";
import { CairnError } from "@cairn/protocol";
import { ensureAccount, installAccount, loadAccount } from "../account/account.ts";
import { type Home, homeAt, writeWhole } from "../home/home.ts";
import { knownNetwork } from "../home/known-network.ts";
import { createOutput } from "./output.ts";
import { type CommonOptions, requireAccount } from "./session.ts";
import { isUnusedHere, replacedWords } from "./unused-account.ts";

export interface KeyOptions extends CommonOptions {
  /** File whose first line encrypts the exported file, or opens the imported one. */
  passphraseFile?: string;
  /** Export the OpenPGP secret key alone, as gpg reads it. */
  openpgp?: boolean;
}

/** Write the account to a file: with it, the chain and any k providers everything can be restored. */
export async function exportKey(file: string, options: KeyOptions): Promise<void> {
  const home = homeAt(options.home);
  const account = await requireAccount(home);
  const path = resolve(file);
  if (await stat(path).catch(() => undefined)) {
    throw new CairnError(`${path} exists already`, {
      code: "file-exists",
      kind: "conflict",
      next: "Name a file that does not exist.",
    });
  }
  const passphrase = await passphraseOf(options);
  const network = await networkOf(home);
  const secrets = { ...account.secrets, ...(network === undefined ? {} : { network }) };
  const text = options.openpgp ? account.secrets.openpgp : await writeAccountFile(secrets, passphrase);
  await writeWhole(path, text);
  const output = createOutput(options);
  output.result({ file: path, owner: account.wallet.address, fingerprint: account.key.fingerprint });
  output.say(`Exported ${account.wallet.address} to ${path}. ${protection(options.openpgp, passphrase)}`);
}

/** The part of it that the account file carries. */
async function networkOf(home: Home): Promise<KnownNetwork | undefined> {
  const known = await knownNetwork(home);
  return known === undefined ? undefined : { chainId: known.chainId, deals: known.deals };
}

function protection(openpgp: boolean | undefined, passphrase: string | undefined): string {
  if (openpgp) return "It is the bare OpenPGP secret key: gpg --import reads it.";
  if (passphrase !== undefined) return "It opens with the passphrase only.";
  return "It is not encrypted: whoever has it can read, spend and remove. Use --passphrase-file to encrypt it.";
}

/** Bring an account into a home that has none, or one that has stored and paid nothing. */
export async function importKey(file: string, options: KeyOptions): Promise<void> {
  const text = await readFile(resolve(file), "utf8").catch((cause) => {
    throw new CairnError(`cannot read ${resolve(file)}`, {
      code: "unreadable-path",
      kind: "input",
      cause,
      next: "Name a file that `cairn key export` wrote.",
    });
  });
  const secrets = await readAccountFile(text, await passphraseOf(options));
  const home = homeAt(options.home);
  const { account, replaced } = await installAccount(home, secrets, (existing) => isUnusedHere(options, existing));
  if (secrets.network !== undefined && (await knownNetwork(home)) === undefined) {
    await writeWhole(home.joinedFile, `${JSON.stringify(secrets.network, null, 2)}\n`);
  }
  const output = createOutput(options);
  output.result({
    owner: account.wallet.address,
    fingerprint: account.key.fingerprint,
    ...(replaced === undefined ? {} : { replaced }),
  });
  output.say(`Imported ${account.wallet.address}. Packages of this owner are found with \`cairn recover\`.`);
  if (replaced !== undefined) output.say(replacedWords(replaced));
}

/** Show the account's public parts. */
export async function listKeys(options: KeyOptions): Promise<void> {
  const account = await loadAccount(homeAt(options.home));
  const output = createOutput(options);
  if (account === undefined) {
    output.result([]);
    output.say("No account yet: the first `cairn put` makes one, or `cairn key create` now.");
    return;
  }
  const { wallet, key } = account;
  output.result([{ owner: wallet.address, fingerprint: key.fingerprint, openpgp: exportPublicKey(key) }]);
  output.say(
    `owner    ${wallet.address}`,
    `OpenPGP  ${key.fingerprint}`,
    "",
    exportPublicKey(key).trimEnd().split(/\r?\n/),
  );
}

/** Make the account before anything is stored. */
export async function createKey(options: KeyOptions): Promise<void> {
  const { account, created } = await ensureAccount(homeAt(options.home));
  const output = createOutput(options);
  output.result({ owner: account.wallet.address, fingerprint: account.key.fingerprint, created });
  output.say(`${created ? "Made" : "There is already"} account ${account.wallet.address}.`);
}

async function passphraseOf(options: KeyOptions): Promise<string | undefined> {
  if (options.passphraseFile === undefined) return process.env.CAIRN_PASSPHRASE || undefined;
  const text = await readFile(options.passphraseFile, "utf8").catch((cause) => {
    throw new CairnError(`cannot read the passphrase in ${options.passphraseFile}`, {
      code: "unreadable-path",
      kind: "input",
      cause,
    });
  });
  const [first = ""] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (first !== "") return first;
  throw new CairnError(`${options.passphraseFile} is empty`, {
    code: "empty-passphrase",
    kind: "input",
    next: "Write the passphrase into the first line of the file.",
  });
}
