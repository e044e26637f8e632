import { randomBytes } from "node:crypto";
import { ensureAccount, inTransaction } from "@cairn/catalog";
import type { OwnerSigner } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { decryptUnder, encryptUnder } from "../under-secret.ts";
import { addWallet } from "../wallets/add-wallet.ts";
import { custodialSigner, makeCustodialKey } from "../wallets/custody.ts";
import { listWallets } from "../wallets/list-wallets.ts";

/** An account whose keys the gateway keeps, for users of doors that keep none. */
export interface HouseAccount {
  account: string;
  signer: OwnerSigner;
  /** 32 bytes: keys name hashes and labels. */
  lookupKey: Uint8Array;
  /** An armoured OpenPGP secret key, not locked. */
  openpgp: string;
}

export interface HouseOptions {
  /** Lower-case, such as `heimdall:anna`. */
  account: string;
  /** The home's; all keys of house accounts open with it. */
  secret: string;
  /** Wei that its wallet may sign for in a day; of a wallet that is there already nothing changes. */
  dailyLimit: bigint;
  makeOpenPgpKey(): Promise<string>;
}

const NAME = /^[a-z][a-z0-9-]{0,31}:[a-z0-9._-]{1,64}$/;

interface Keys {
  openpgp: string;
  lookupKey: string;
}

/** The account, made at the first call: asked for twice at once it is made once. @throws CairnError `bad-account`, `wrong-key` */
export async function houseAccount(accounts: AccountsContext, options: HouseOptions): Promise<HouseAccount> {
  const { account, secret, dailyLimit } = options;
  if (!NAME.test(account))
    throw new CairnError(`"${account.slice(0, 100)}" cannot be called so`, {
      code: "bad-account",
      kind: "input",
      next: "Name it by lower-case letters, digits, dots, dashes and underscores, at most 64.",
    });
  const { openpgp, lookupKey } = await keysOf(accounts, options);
  const known = (await listWallets(accounts.pool, account)).find(({ kind }) => kind === "custodial");
  const wallet = known ?? (await makeWallet(accounts, account, secret, dailyLimit));
  return {
    account,
    signer: custodialSigner(accounts, { account, address: wallet.address }, secret),
    lookupKey: Buffer.from(lookupKey, "base64"),
    openpgp,
  };
}

async function makeWallet(accounts: AccountsContext, account: string, secret: string, dailyLimit: bigint) {
  const { address, keystore } = await makeCustodialKey(secret);
  const made = { account, address, name: "house", kind: "custodial", keystore, dailyLimit } as const;
  try {
    return await addWallet(accounts, made);
  } catch (error) {
    // Somebody else made it meanwhile.
    const other = (await listWallets(accounts.pool, account)).find(({ name }) => name === made.name);
    if (other === undefined) throw error;
    return other;
  }
}

async function keysOf({ pool }: AccountsContext, { account, secret, makeOpenPgpKey }: HouseOptions): Promise<Keys> {
  const read = async () => {
    const { rows } = await pool.query<{ encrypted: Buffer }>(
      "select encrypted from accounts.house where account = $1",
      [account],
    );
    return rows[0] === undefined ? undefined : decryptKeys(account, secret, rows[0].encrypted);
  };
  const known = await read();
  if (known !== undefined) return known;
  const made: Keys = { openpgp: await makeOpenPgpKey(), lookupKey: randomBytes(32).toString("base64") };
  await inTransaction(pool, async (client) => {
    await ensureAccount(client, account);
    await client.query("insert into accounts.house (account, encrypted) values ($1, $2) on conflict do nothing", [
      account,
      encryptKeys(account, secret, made),
    ]);
  });
  return (await read())!;
}

const infoOf = (account: string) => `cairn/house/1/${account}`;

const encryptKeys = (account: string, secret: string, keys: Keys): Buffer =>
  encryptUnder(secret, infoOf(account), JSON.stringify(keys));

function decryptKeys(account: string, secret: string, encrypted: Buffer): Keys {
  try {
    return JSON.parse(decryptUnder(secret, infoOf(account), encrypted)) as Keys;
  } catch (cause) {
    throw new CairnError(`the keys of ${account} do not open with this home's secret`, {
      code: "wrong-key",
      kind: "auth",
      cause,
      next: "Bring back the home's keys from a backup: another secret was made since.",
    });
  }
}
