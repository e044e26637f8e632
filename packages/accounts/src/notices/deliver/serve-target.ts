import { randomBytes } from "node:crypto";
import { inTransaction } from "@cairn/catalog";
import { formatDuration } from "@cairn/core/format";
import type { PoolClient } from "pg";
import type { AccountsContext } from "../../accounts-context.ts";
import { decryptUnder } from "../../under-secret.ts";
import { NOTICE_COLUMNS, type Notice } from "../notice.ts";
import { periodOf } from "../period-of.ts";
import { noticeSettingsOf } from "../settings.ts";
import { secretInfo } from "../targets/target.ts";
import { writeNotices } from "../write-notices.ts";
import type { Mailer, Sent } from "./mailer.ts";
import { letterOf, webhookBody } from "./notice-words.ts";
import { postWebhook } from "./post-webhook.ts";
import { pauseAfter, type TakenTarget } from "./take-target.ts";

export interface DeliveryContext extends AccountsContext {
  /** Undefined where the operator has set up none: letters wait. */
  mailer: Mailer | undefined;
  /** What the secrets of webhooks open with. */
  homeSecret: string;
  /** Whether webhooks may lead into the gateway's own network. */
  allowPrivate: boolean;
  signal: AbortSignal;
}

/** Deliveries of one turn to a webhook: with the time for each they stay within TURN_SECONDS. */
const POSTS_OF_TURN = 8;
/** Notices of one letter. */
const NOTICES_OF_LETTER = 50;
/** A notice that could not be delivered for so long is given up. */
export const GIVE_UP_SECONDS = 3 * 86_400;

interface Due {
  delivery: string;
  batch: string | null;
  notice: Notice;
}

/** Send what waits for a target that was taken, then give it back. Ends at the first failure: the rest waits with it. */
export async function serveTarget(context: DeliveryContext, target: TakenTarget): Promise<void> {
  const due = await dueOf(context, target);
  const groups = target.kind === "mail" ? [due] : due.map((one) => [one]);
  let sent: Sent = { ok: true };
  for (const group of groups) {
    if (group.length === 0) continue;
    sent = target.kind === "mail" ? await mail(context, target, group) : await post(context, target, group[0]!);
    if (!(await enter(context, target, group, sent))) return;
    if (!sent.ok) break;
  }
  await context.pool.query(
    "update accounts.targets set holder = null, held_until = to_timestamp($3) where id = $1 and holder = $2",
    [target.id, target.holder, context.clock.now()],
  );
}

/** The fewest tries first: one that a receiver never takes keeps no other waiting. What is to go into one letter is written down before it goes. */
async function dueOf({ pool, clock }: DeliveryContext, target: TakenTarget): Promise<Due[]> {
  const now = clock.now();
  const letter = target.kind === "mail";
  if (letter) {
    await pool.query(
      `update accounts.deliveries set batch = $2 where id in (
         select id from accounts.deliveries where target = $1 and state = 'waiting' and batch is null order by notice limit $3)
       and not exists (select from accounts.deliveries where target = $1 and state = 'waiting' and batch is not null)`,
      [target.id, randomBytes(16).toString("hex"), NOTICES_OF_LETTER],
    );
  }
  const { rows } = await pool.query(
    `select d.id as delivery, d.batch, ${NOTICE_COLUMNS} from accounts.deliveries d join accounts.notices n on n.id = d.notice
     where d.target = $1 and d.state = 'waiting' and d.due_at <= to_timestamp($2) and (d.batch is not null) = $4
     order by d.attempts, d.notice limit $3`,
    [target.id, now, letter ? NOTICES_OF_LETTER : POSTS_OF_TURN, letter],
  );
  return rows.map(({ delivery, batch, ...notice }) => ({ delivery, batch, notice: notice as Notice }));
}

async function post(context: DeliveryContext, target: TakenTarget, { delivery, notice }: Due): Promise<Sent> {
  let secret: string;
  try {
    secret = decryptUnder(context.homeSecret, secretInfo(target.id), target.secret!);
  } catch {
    return { ok: false, error: "its secret does not open with this home's", final: false, status: null };
  }
  return postWebhook({
    url: target.place,
    secret,
    id: delivery,
    body: webhookBody(target.account, notice),
    at: context.clock.now(),
    allowPrivate: context.allowPrivate,
    signal: context.signal,
  });
}

function mail({ mailer, signal }: DeliveryContext, target: TakenTarget, group: readonly Due[]): Promise<Sent> {
  const notices = group.map(({ notice }) => notice);
  return mailer!.send(letterOf(group[0]!.batch!, target.place, notices), signal);
}

/** Write down what came of a try, unless the turn is over. @returns whether it goes on */
async function enter(
  { pool, clock }: DeliveryContext,
  target: TakenTarget,
  group: readonly Due[],
  sent: Sent,
): Promise<boolean> {
  const now = clock.now();
  const failures = sent.ok ? 0 : target.failures + 1;
  return inTransaction(pool, async (client) => {
    const held = await client.query(
      `update accounts.targets set failures = $3, due_at = to_timestamp($4) where id = $1 and holder = $2`,
      [target.id, target.holder, failures, sent.ok ? now : now + pauseAfter(failures)],
    );
    if (held.rowCount !== 1) return false;
    const ids = group.map(({ delivery }) => delivery);
    if (sent.ok) {
      await client.query(
        `update accounts.deliveries set state = 'delivered', attempts = attempts + 1, tried_at = to_timestamp($2), status = null, error = null
         where id = any($1)`,
        [ids, now],
      );
      return true;
    }
    const { rows } = await client.query<{ state: string }>(
      `update accounts.deliveries set attempts = attempts + 1, tried_at = to_timestamp($2), status = $3, error = $4,
         due_at = to_timestamp($2) + least(21600, 10 * 2 ^ least(attempts, 20)) * interval '1 second',
         state = case when $5 or created_at <= to_timestamp($2) - ${GIVE_UP_SECONDS} * interval '1 second' then 'given-up' else state end
       where id = any($1) returning state`,
      [ids, now, sent.status, sent.error, sent.final],
    );
    const givenUp = rows.filter(({ state }) => state === "given-up").length;
    if (givenUp > 0) await tellGivenUp(client, target, sent, now);
    return true;
  });
}

/** In the console alone, once a day: the way that failed is no way to say so. */
async function tellGivenUp(client: PoolClient, target: TakenTarget, sent: Sent & { ok: false }, now: number) {
  const { kinds } = await noticeSettingsOf(client, target.account);
  if (kinds.account.frequency === "never" || !kinds.account.channels.includes("console")) return;
  const what = target.kind === "mail" ? "The address of mail" : `The webhook ${target.label || target.id}`;
  await writeNotices(client, now, [
    {
      account: target.account,
      kind: "account",
      subject: `target:${target.id}`,
      period: periodOf("daily", now),
      severity: "warning",
      message: sent.final
        ? `${what} refused notices, which are not tried again: ${sent.error}.`
        : `${what} did not take notices for ${formatDuration(GIVE_UP_SECONDS)}, and they are not tried again: ${sent.error}.`,
      next:
        target.kind === "mail"
          ? "Name another address (`cairn notify mail ADDRESS`), or none (`cairn notify mail --remove`)."
          : `See \`cairn notify webhook log ${target.id.slice(0, 8)}\`; mend its receiver, or remove it.`,
      channels: ["console"],
    },
  ]);
}
