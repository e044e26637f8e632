import type { Queryable } from "@cairn/catalog";
import { unknownWebhook } from "./list-webhooks.ts";

/** End a webhook, with what waits for it and what was delivered. @throws CairnError `unknown-webhook` */
export async function removeWebhook(db: Queryable, { account, id }: { account: string; id: string }): Promise<void> {
  const { rowCount } = await db.query(
    "delete from accounts.targets where account = $1 and id = $2 and kind = 'webhook'",
    [account, id],
  );
  if (rowCount !== 1) throw unknownWebhook(id);
}
