import { randomBytes } from "node:crypto";
import { inTransaction } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../../accounts-context.ts";
import { newId } from "../../secrets.ts";
import { encryptUnder } from "../../under-secret.ts";
import { secretInfo, type Webhook } from "./target.ts";
import { webhookUrl } from "./webhook-url.ts";

/** Of one account. */
const MOST_WEBHOOKS = 10;
const SECRET_BYTES = 32;

export interface NewWebhook {
  account: string;
  url: string;
  label: string;
  /** The home's. */
  homeSecret: string;
  allowPrivate: boolean;
}

/**
 * A webhook to which an account's notices are sent from now on, with the secret that its deliveries are signed with: `whsec_` and base64, as Standard Webhooks
 * (https://www.standardwebhooks.com) has it. The secret is not to be had again.
 * @throws CairnError `bad-webhook`, `too-many-webhooks`
 */
export async function addWebhook(
  { pool, clock }: AccountsContext,
  { account, url, label, homeSecret, allowPrivate }: NewWebhook,
): Promise<{ webhook: Webhook; secret: string }> {
  const { href } = webhookUrl(url, allowPrivate);
  const [id, secret, now] = [newId(), `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`, clock.now()];
  await inTransaction(pool, async (client) => {
    await client.query("select 1 from catalog.accounts where id = $1 for update", [account]);
    const { rows } = await client.query<{ n: number }>(
      "select count(*)::int as n from accounts.targets where account = $1 and kind = 'webhook'",
      [account],
    );
    if (rows[0]!.n >= MOST_WEBHOOKS)
      throw new CairnError(`${MOST_WEBHOOKS} webhooks are set up, which is the most that an account can have`, {
        code: "too-many-webhooks",
        kind: "exhausted",
        details: { limit: MOST_WEBHOOKS },
      });
    await client.query(
      `insert into accounts.targets (id, account, kind, label, place, secret, created_at, confirmed_at, due_at)
       values ($1, $2, 'webhook', $3, $4, $5, to_timestamp($6), to_timestamp($6), to_timestamp($6))`,
      [id, account, label, href, encryptUnder(homeSecret, secretInfo(id), secret), now],
    );
  });
  return { webhook: { id, label, url: href, createdAt: now, failures: 0, waiting: 0 }, secret };
}
