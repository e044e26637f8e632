import type { Queryable } from "@cairn/catalog";
import { type Address, CairnError } from "@cairn/protocol";

/** The faucet gives to one wallet of an account, whatever others it makes. @throws CairnError `faucet-used` */
export async function takeGrant(db: Queryable, account: string, owner: Address): Promise<void> {
  const { rows } = await db.query(
    `insert into accounts.grants (account, owner) values ($1, $2) on conflict (account) do update set owner = accounts.grants.owner returning owner`,
    [account, owner.toLowerCase()],
  );
  const given = (rows[0] as { owner: Address }).owner;
  if (given === owner.toLowerCase()) return;
  throw new CairnError(`the faucet gives to an account once, and gave to its wallet ${given}`, {
    code: "faucet-used",
    kind: "conflict",
    details: { owner: given },
    next: "Send coins from that wallet: `cairn wallet send AMOUNT ADDRESS`.",
  });
}
