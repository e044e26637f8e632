import type { Queryable } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import { WEBHOOK_COLUMNS, type Webhook } from "./target.ts";

export async function listWebhooks(db: Queryable, account: string): Promise<Webhook[]> {
  const { rows } = await db.query(
    `select ${WEBHOOK_COLUMNS} from accounts.targets t where t.account = $1 and t.kind = 'webhook' order by t.created_at, t.id`,
    [account],
  );
  return rows as Webhook[];
}

/** @throws CairnError `unknown-webhook` */
export async function findWebhook(db: Queryable, { account, id }: { account: string; id: string }): Promise<Webhook> {
  const { rows } = await db.query(
    `select ${WEBHOOK_COLUMNS} from accounts.targets t where t.account = $1 and t.kind = 'webhook' and t.id = $2`,
    [account, id],
  );
  const [found] = rows as Webhook[];
  if (found !== undefined) return found;
  throw unknownWebhook(id);
}

export const unknownWebhook = (id: string): CairnError =>
  new CairnError(`there is no webhook ${id}`, { code: "unknown-webhook", kind: "missing" });
