import type { Queryable } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";

/** Where an account's letters go. */
export interface MailAddress {
  address: string;
  confirmed: boolean;
  /** Failed tries in a row. */
  failures: number;
  /** Letters that wait are of so many notices. */
  waiting: number;
}

/** The account's address; undefined where it has none. */
export async function mailAddressOf(db: Queryable, account: string): Promise<MailAddress | undefined> {
  const { rows } = await db.query(
    `select t.place as address, t.confirmed_at is not null as confirmed, t.failures,
       (select count(*)::int from accounts.deliveries d where d.target = t.id and d.state = 'waiting') as waiting
     from accounts.targets t where t.account = $1 and t.kind = 'mail'`,
    [account],
  );
  return rows[0] as MailAddress | undefined;
}

/** Send no letters any more. */
export async function removeMailAddress(db: Queryable, account: string): Promise<void> {
  await db.query("delete from accounts.targets where account = $1 and kind = 'mail'", [account]);
}

/**
 * RFC 5321 4.5.3.1 for the lengths; of the local part RFC 5322's dot-atom alone: no quotes, comments, lists, routes, line ends or other controls, so that
 * an address can be nothing but one address in a header and on the wire.
 */
const ADDRESS =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;
const LONGEST = { local: 64, address: 254 };

/** @throws CairnError `bad-mail-address` */
export function requireMailAddress(address: string): string {
  if (address.length <= LONGEST.address && address.indexOf("@") <= LONGEST.local && ADDRESS.test(address))
    return address;
  throw new CairnError("that is no address of mail that letters can be sent to", {
    code: "bad-mail-address",
    kind: "input",
    details: { field: "address" },
  });
}
