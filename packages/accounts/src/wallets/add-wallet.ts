import { inTransaction, type Queryable } from "@cairn/catalog";
import { type Address, CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import type { Wallet, WalletKind } from "./wallet.ts";

/** Of one account. */
const MOST_WALLETS = 32;
const MOST_KEYSTORE_BYTES = 16_384;

export interface NewWallet {
  account: string;
  /** Whoever adds it has shown that it has the key. */
  address: Address;
  name: string;
  kind: WalletKind;
  /** Of a vault: an OpenPGP message to its user's key; of a custodial one: a Web3 keystore. */
  keystore?: Uint8Array;
  /** Of a custodial one: wei. */
  dailyLimit?: bigint;
}

/**
 * The first wallet of an account becomes its default. Adding a client's wallet again that the account has changes nothing.
 * @throws CairnError `account-claimed` where the wallet is another account's, `wallet-name-taken`, `too-many-wallets`, `bad-wallet`
 */
export async function addWallet({ pool, clock }: AccountsContext, wallet: NewWallet): Promise<Wallet> {
  const address = wallet.address.toLowerCase() as Address;
  checkParts(wallet);
  return inTransaction(pool, async (client) => {
    await client.query("select 1 from catalog.accounts where id = $1 for update", [wallet.account]);
    const known = await knownWallet(client, { ...wallet, address });
    if (known !== undefined) return known;
    const now = clock.now();
    const { rows } = await client.query<{ n: number }>(
      "select count(*)::int as n from accounts.wallets where account = $1",
      [wallet.account],
    );
    const held = rows[0]?.n ?? 0;
    if (held >= MOST_WALLETS) {
      throw new CairnError(`the account has ${held} wallets, which is the most that it can have`, {
        code: "too-many-wallets",
        kind: "exhausted",
        details: { limit: MOST_WALLETS },
        next: "Use one of those that it has: `cairn wallet list`.",
      });
    }
    const isDefault = held === 0;
    const { rowCount } = await client.query(
      `insert into accounts.wallets (address, account, name, kind, keystore, daily_limit, is_default, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8)) on conflict do nothing`,
      [
        address,
        wallet.account,
        wallet.name,
        wallet.kind,
        wallet.keystore ?? null,
        wallet.dailyLimit?.toString() ?? null,
        isDefault,
        now,
      ],
    );
    // Of two accounts that bring one wallet at the same instant, the second one finds it here.
    if (rowCount === 0) throw taken(address);
    if (isDefault)
      await client.query("update catalog.accounts set owner = $2 where id = $1", [wallet.account, address]);
    const { name, kind, dailyLimit = null } = wallet;
    return { address, name, kind, isDefault, createdAt: now, dailyLimit };
  });
}

/** The wallet where the account has it already, as it was to be added. */
async function knownWallet(db: Queryable, wallet: NewWallet): Promise<Wallet | undefined> {
  const { rows } = await db.query(
    `select account, address, name, kind, is_default as "isDefault", floor(extract(epoch from created_at))::float8 as "createdAt"
     from accounts.wallets where address = $1 or (account = $2 and name = $3) order by address = $1 desc`,
    [wallet.address, wallet.account, wallet.name],
  );
  const [found] = rows as (Wallet & { account: string })[];
  if (found === undefined) return undefined;
  const { account, ...known } = found;
  if (known.address !== wallet.address) {
    throw new CairnError(`the account has a wallet called "${wallet.name}" already`, {
      code: "wallet-name-taken",
      kind: "conflict",
      details: { field: "name" },
      next: "Give it another name.",
    });
  }
  if (account !== wallet.account || known.kind !== "client" || wallet.kind !== "client") throw taken(wallet.address);
  return { ...known, dailyLimit: null };
}

function taken(address: Address): CairnError {
  return new CairnError(`the wallet ${address} belongs to an account already`, {
    code: "account-claimed",
    kind: "conflict",
    next: "Use another wallet, or the account that it belongs to.",
  });
}

/** Tag of the first packet of an encrypted message: RFC 9580, 5.1 (public-key encrypted session key). */
const PKESK = 1;

function checkParts({ kind, keystore, dailyLimit }: NewWallet): void {
  const wrong =
    kind === "client"
      ? keystore !== undefined || dailyLimit !== undefined
        ? "a client's wallet has neither keystore nor limit"
        : undefined
      : keystore === undefined || keystore.length === 0 || keystore.length > MOST_KEYSTORE_BYTES
        ? `a keystore has 1 to ${MOST_KEYSTORE_BYTES} bytes`
        : kind === "vault"
          ? firstTag(keystore) !== PKESK
            ? "a vault's keystore is a binary OpenPGP message, encrypted to a public key"
            : undefined
          : dailyLimit === undefined || dailyLimit < 0n
            ? "a custodial wallet has a limit a day"
            : undefined;
  if (wrong === undefined) return;
  throw new CairnError(wrong, {
    code: "bad-wallet",
    kind: "input",
    next: "docs/accounts.md says what each kind of wallet is made of.",
  });
}

/** RFC 9580, 4.2: bit 7 is set in every packet; bit 6 tells the new format, where the tag has six bits. */
function firstTag(bytes: Uint8Array): number | undefined {
  const first = bytes[0] ?? 0;
  if (first < 0x80) return undefined;
  return first & 0x40 ? first & 0x3f : (first & 0x3c) >> 2;
}
