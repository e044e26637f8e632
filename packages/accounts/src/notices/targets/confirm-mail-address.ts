import { timingSafeEqual } from "node:crypto";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../../accounts-context.ts";
import { type MailAddress, mailAddressOf } from "./mail-address.ts";
import { codeHash } from "./set-mail-address.ts";

/** Of a code of eight digits: one chance in twenty million. */
const MOST_TRIES = 5;

/** Show that whoever reads the account's address is its owner, by the code that was sent there. @throws CairnError `wrong-code` */
export async function confirmMailAddress(
  { pool, clock }: AccountsContext,
  { account, code }: { account: string; code: string },
): Promise<MailAddress> {
  const now = clock.now();
  // The try is counted before it is looked at, whoever tries at the same time.
  const { rows } = await pool.query<{ id: string; hash: Buffer }>(
    `update accounts.targets set code_tries = code_tries + 1
     where account = $1 and kind = 'mail' and confirmed_at is null and code_tries < $2 and code_until > to_timestamp($3)
     returning id, code_hash as hash`,
    [account, MOST_TRIES, now],
  );
  const [asked] = rows;
  if (asked !== undefined && timingSafeEqual(asked.hash, codeHash(asked.id, code))) {
    await pool.query(
      "update accounts.targets set confirmed_at = to_timestamp($2), code_hash = null, code_until = null where id = $1",
      [asked.id, now],
    );
  }
  const found = await mailAddressOf(pool, account);
  if (found?.confirmed === true) return found;
  throw new CairnError("that is not the code that was sent, or it is not good any more", {
    code: "wrong-code",
    kind: "auth",
    details: { tries: MOST_TRIES },
  });
}
