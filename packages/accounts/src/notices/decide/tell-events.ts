import { type CatalogEvent, inTransaction, listEvents, type Queryable } from "@cairn/catalog";
import { exactCoins } from "@cairn/core/coins";
import type { Pool } from "pg";
import type { NoticeKind } from "../kinds.ts";
import type { NewNotice } from "../notice.ts";
import { periodOf } from "../period-of.ts";
import { settingsOfAll } from "../settings.ts";
import { writeNotices } from "../write-notices.ts";

/** Events that accounts are told of, by the kind of notice that each is; `concerns` leaves some of them out. */
const KIND_OF = new Map<string, NoticeKind>(
  Object.entries<NoticeKind>({
    "package-degraded": "damage",
    "package-lost": "damage",
    "package-inconsistent": "damage",
    "package-restored": "repair",
    "package-expired": "expiry",
    "check-ended": "fixity",
    "commit-refused": "owner",
    "password-set-by-operator": "account",
    "transfer-confirmed": "deposit",
    "transfer-failed": "deposit",
    "transfer-reorganised": "deposit",
  }),
);
const BATCH = 1000;

/** Of checks those that found something; of transfers that went well those that brought coins: who sent some knows it, and deposits are told of themselves. */
function concerns({ account, kind, severity, data }: CatalogEvent): boolean {
  if (account === null || !KIND_OF.has(kind)) return false;
  if (kind === "check-ended") return severity !== "info";
  return kind !== "transfer-confirmed" || data.direction === "in";
}

/**
 * Tell accounts of what happened since the last call, from the events. The place that was come to moves in the transaction that writes the notices, and is
 * locked for it: of several gateways one works, and the others have nothing to do.
 * @returns how many notices were written; `more`: there are further events
 */
export async function tellEvents(pool: Pool): Promise<{ written: number; more: boolean }> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ position: number }>(
      "select position::float8 as position from accounts.notice_cursors where name = 'events' for update skip locked",
    );
    const [cursor] = rows;
    if (cursor === undefined) return { written: 0, more: false };
    const events = await listEvents(client, { after: cursor.position, limit: BATCH });
    const last = events.at(-1);
    if (last === undefined) return { written: 0, more: false };
    let written = 0;
    for (const { at, notices } of await noticesOf(client, events)) written += await writeNotices(client, at, notices);
    await client.query("update accounts.notice_cursors set position = $1 where name = 'events'", [last.id]);
    return { written, more: events.length === BATCH };
  });
}

/** By the second at which they happened. */
async function noticesOf(
  db: Queryable,
  events: readonly CatalogEvent[],
): Promise<{ at: number; notices: NewNotice[] }[]> {
  const concerned = events.filter(concerns);
  const settings = await settingsOfAll(
    db,
    concerned.map(({ account }) => ({ account: account! })),
  );
  return concerned.map((event) => {
    const at = Math.floor(event.at);
    const kind = KIND_OF.get(event.kind)!;
    const { frequency, channels } = settings.get(event.account!)!.kinds[kind];
    const about = event.package === null ? "" : `Package ${event.package}: `;
    const recurs = frequency === "daily" || frequency === "weekly" || frequency === "monthly";
    return {
      at,
      notices: [
        {
          account: event.account!,
          kind,
          // That a package is lost is told of also where it was degraded on the same day.
          ...(recurs && event.package !== null
            ? { subject: `${event.package}:${event.kind}`, period: periodOf(frequency, at) }
            : { subject: `event:${event.id}`, period: "once" }),
          severity: event.severity,
          message: `${about}${messageOf(event)}`,
          next: event.next,
          wallet: typeof event.data.wallet === "string" ? event.data.wallet : null,
          package: event.package,
          deal: event.deal,
          channels: frequency === "never" ? [] : channels,
        },
      ],
    };
  });
}

/** With the amount, which an event of a transfer has beside its words. */
function messageOf({ kind, message, data }: CatalogEvent): string {
  if (kind !== "transfer-confirmed" || typeof data.amount !== "string") return message;
  return `${exactCoins(BigInt(data.amount))} came to the wallet ${String(data.wallet)} and are final: transaction ${String(data.transaction)}.`;
}
