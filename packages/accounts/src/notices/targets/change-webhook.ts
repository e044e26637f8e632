import type { AccountsContext } from "../../accounts-context.ts";
import { findWebhook, unknownWebhook } from "./list-webhooks.ts";
import type { Webhook } from "./target.ts";
import { webhookUrl } from "./webhook-url.ts";

export interface WebhookChange {
  account: string;
  id: string;
  url: string;
  label: string;
  allowPrivate: boolean;
}

/** Give a webhook another URL or label; its secret stays, and what waits for it is tried at once. @throws CairnError `bad-webhook`, `unknown-webhook` */
export async function changeWebhook(
  { pool, clock }: AccountsContext,
  { account, id, url, label, allowPrivate }: WebhookChange,
): Promise<Webhook> {
  const { href } = webhookUrl(url, allowPrivate);
  const { rowCount } = await pool.query(
    `with changed as (
       update accounts.targets set place = $3, label = $4, failures = 0, due_at = to_timestamp($5)
       where account = $1 and id = $2 and kind = 'webhook' returning id
     ), due as (
       update accounts.deliveries set due_at = to_timestamp($5) where target in (select id from changed) and state = 'waiting'
     )
     select from changed`,
    [account, id, href, label, clock.now()],
  );
  if (rowCount !== 1) throw unknownWebhook(id);
  return findWebhook(pool, { account, id });
}
