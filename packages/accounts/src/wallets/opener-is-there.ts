import type { AccountsContext } from "../accounts-context.ts";
import type { Opener } from "./vaults.ts";

/** Whether the user and the token that opened a vault have not ended. */
export async function openerIsThere({ pool, clock }: AccountsContext, { user, token }: Opener): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>(
    `select ($1::text is null or exists (select 1 from accounts.users where id = $1))
       and ($2::text is null or exists (select 1 from accounts.tokens where id = $2 and (expires_at is null or expires_at > to_timestamp($3)))) as there`,
    [user ?? null, token ?? null, clock.now()],
  );
  return rows[0]?.there === true;
}
