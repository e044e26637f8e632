import { inTransaction } from "@cairn/catalog";
import type { AccountsContext } from "../accounts-context.ts";
import { hashSecret, newSecret } from "../secrets.ts";
import { ensureHomeUser } from "./home-user.ts";

/** A choice: long enough to find the terminal again, short enough that what scrolled by is worth nothing tomorrow. */
const LINK_SECONDS = 1800;
/** That wait to be used; the oldest goes when one more is made. */
const MOST_LINKS = 16;

/** The secret of a link that opens a session of the home's own user, once. It is not to be had again. */
export async function createLink({ pool, clock }: AccountsContext): Promise<{ secret: string; expiresAt: number }> {
  const [secret, now] = [newSecret(), clock.now()];
  const expiresAt = Math.floor(now + LINK_SECONDS);
  return inTransaction(pool, async (client) => {
    const user = await ensureHomeUser(client, now);
    await client.query("delete from accounts.links where expires_at <= to_timestamp($1)", [now]);
    await client.query(
      "delete from accounts.links where hash in (select hash from accounts.links order by expires_at desc, hash offset $1)",
      [MOST_LINKS - 1],
    );
    await client.query(`insert into accounts.links (hash, "user", expires_at) values ($1, $2, to_timestamp($3))`, [
      hashSecret(secret),
      user,
      expiresAt,
    ]);
    return { secret, expiresAt };
  });
}
