import type { Queryable } from "@cairn/catalog";
import type { Address } from "@cairn/protocol";

/** What is kept of a wallet's key; undefined of a client's, and of one that is not the account's. */
export async function keystoreOf(
  db: Queryable,
  { account, address }: { account: string; address: Address },
): Promise<Buffer | undefined> {
  const { rows } = await db.query("select keystore from accounts.wallets where account = $1 and address = $2", [
    account,
    address,
  ]);
  return (rows[0] as { keystore: Buffer | null } | undefined)?.keystore ?? undefined;
}
