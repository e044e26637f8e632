import { createHmac, randomInt } from "node:crypto";
import { inTransaction } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../../accounts-context.ts";
import { hashSecret, newId } from "../../secrets.ts";
import type { Mailer } from "../deliver/mailer.ts";
import { type MailAddress, requireMailAddress } from "./mail-address.ts";

const DAY = 86_400;
/** How long a code is good. */
export const CODE_SECONDS = 1800;
/** Letters with codes in a day: to an address whoever asks, and of an account whatever address it names. */
const MOST_CODES = { toAddress: 3, ofAccount: 5 };

/** A code belongs to the row that it was sent for. */
export const codeHash = (id: string, code: string): Buffer => hashSecret(`${id}/${code}`);

/**
 * Name the address that an account's letters go to, and send it a code: until the code comes back nothing else is sent there. It takes the place of the address
 * before it.
 * @param homeSecret keys the hashes by which letters to an address are counted
 * @throws CairnError `bad-mail-address`, `mail-off`, `too-many-codes`, `mail-failed`
 */
export async function setMailAddress(
  { pool, clock }: AccountsContext,
  mailer: Mailer | undefined,
  { account, address, homeSecret }: { account: string; address: string; homeSecret: string },
): Promise<MailAddress> {
  requireMailAddress(address);
  if (mailer === undefined) throw new CairnError("this gateway sends no mail", { code: "mail-off", kind: "conflict" });
  const [id, now] = [newId(), clock.now()];
  const code = randomInt(100_000_000).toString().padStart(8, "0");
  const addressHash = createHmac("sha256", homeSecret).update(`cairn/mail/1/${address.toLowerCase()}`).digest();
  await inTransaction(pool, async (client) => {
    // Counted before anything is sent, one at a time.
    await client.query("lock table accounts.code_mails in share row exclusive mode");
    const { rows } = await client.query<{ to: number; of: number }>(
      `select count(*) filter (where address_hash = $1)::int as to, count(*) filter (where account = $2)::int as of
       from accounts.code_mails where at > to_timestamp($3)`,
      [addressHash, account, now - DAY],
    );
    if (rows[0]!.to >= MOST_CODES.toAddress || rows[0]!.of >= MOST_CODES.ofAccount)
      throw new CairnError("as many letters with codes were sent today as are sent in a day", {
        code: "too-many-codes",
        kind: "exhausted",
        details: MOST_CODES,
      });
    await client.query(
      "insert into accounts.code_mails (account, address_hash, at) values ($1, $2, to_timestamp($3))",
      [account, addressHash, now],
    );
    await client.query("delete from accounts.targets where account = $1 and kind = 'mail'", [account]);
    await client.query(
      `insert into accounts.targets (id, account, kind, place, created_at, due_at, code_hash, code_until)
       values ($1, $2, 'mail', $3, to_timestamp($4), to_timestamp($4), $5, to_timestamp($6))`,
      [id, account, address, now, codeHash(id, code), now + CODE_SECONDS],
    );
  });
  const sent = await mailer.send({
    id: `code-${id}`,
    to: address,
    subject: `Cairn: your code is ${code}`,
    text: [
      "Somebody named this address for notices of their storage at a Cairn gateway.",
      `If it was you, the code is ${code}; it is good for ${CODE_SECONDS / 60} minutes:`,
      "",
      `    cairn notify mail --confirm ${code}`,
      "",
      "If it was not you, do nothing: nothing else is sent here without the code.",
    ].join("\n"),
  });
  if (sent.ok) return { address, confirmed: false, failures: 0, waiting: 0 };
  throw new CairnError(`the letter with the code could not be sent: ${sent.error}`, {
    code: "mail-failed",
    kind: "unavailable",
  });
}
