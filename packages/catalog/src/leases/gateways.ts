import { SPOOLED } from "@cairn/core/package-states";
import type { Seconds } from "@cairn/protocol";
import type { Queryable } from "../queryable.ts";

/** A gateway that works, or worked, on this database. */
export interface KnownGateway {
  /** Id of its home. */
  id: string;
  /** Id of the spool that it works on; gateways that share one may go on with each other's uploads. */
  spool: string;
  /** Where it is reached; empty until it serves. */
  url: string;
  startedAt: Seconds;
  /** Seconds since it last said that it lives, by the database's clock. */
  silentSeconds: Seconds;
}

/** A gateway that was silent for so long is not there: several of its renewals are missing. */
export const GATEWAY_AWAY_SECONDS = 45;

/** Say that a gateway is there, as the process `holder`; called again when it knows its URL. Uploads that no gateway has are its own. */
export async function announceGateway(
  db: Queryable,
  gateway: { id: string; holder: string; spool: string; url?: string },
): Promise<void> {
  const { id, holder, spool, url = "" } = gateway;
  await db.query(
    `insert into catalog.gateways (id, holder, spool, url) values ($1, $2, $3, $4)
     on conflict (id) do update set holder = excluded.holder, spool = excluded.spool, url = excluded.url, seen_at = now(),
       started_at = case when gateways.holder = excluded.holder then gateways.started_at else now() end`,
    [id, holder, spool, url],
  );
  await db.query("update catalog.packages set spool = $1 where spool is null and state = any($2)", [spool, SPOOLED]);
}

/** Gateways of the database, those seen last first; one that was away for a month is forgotten. */
export async function listGateways(db: Queryable): Promise<KnownGateway[]> {
  const { rows } = await db.query(
    `select id, spool, url, extract(epoch from started_at)::float8 as "startedAt",
       greatest(0, extract(epoch from now() - seen_at))::float8 as "silentSeconds"
     from catalog.gateways where seen_at > now() - interval '30 days' order by seen_at desc limit 100`,
  );
  return (rows as KnownGateway[]).map((row) => ({
    ...row,
    startedAt: Math.floor(row.startedAt),
    silentSeconds: Math.floor(row.silentSeconds),
  }));
}
