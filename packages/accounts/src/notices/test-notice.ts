import { inTransaction } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { newId } from "../secrets.ts";
import { CHANNELS } from "./kinds.ts";
import { NOTICE_COLUMNS, type Notice } from "./notice.ts";
import { writeNotices } from "./write-notices.ts";

const MOST_TESTS = 20;
const HOUR = 3600;

/** Send a notice every way that the account has, as any other is sent. @throws CairnError `too-many-tests` */
export async function testNotice({ pool, clock }: AccountsContext, account: string): Promise<Notice> {
  const now = clock.now();
  return inTransaction(pool, async (client) => {
    await client.query("select 1 from catalog.accounts where id = $1 for update", [account]);
    const { rows } = await client.query<{ n: number }>(
      "select count(*)::int as n from accounts.notices where account = $1 and kind = 'test' and at > to_timestamp($2)",
      [account, now - HOUR],
    );
    if (rows[0]!.n >= MOST_TESTS)
      throw new CairnError(`${MOST_TESTS} notices were sent as a test within the hour`, {
        code: "too-many-tests",
        kind: "exhausted",
        details: { limit: MOST_TESTS },
      });
    const subject = newId();
    await writeNotices(client, now, [
      {
        account,
        kind: "test",
        subject,
        period: "once",
        severity: "info",
        message: "This is a test: notices of your storage arrive this way.",
        channels: CHANNELS,
      },
    ]);
    const written = await client.query(
      `select ${NOTICE_COLUMNS} from accounts.notices n where account = $1 and kind = 'test' order by id desc limit 1`,
      [account],
    );
    return written.rows[0] as Notice;
  });
}
