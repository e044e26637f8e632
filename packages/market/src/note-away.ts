import { GATEWAY_AWAY_SECONDS } from "@cairn/catalog";
import type { Context } from "./context.ts";

const CAUSE = "The gateway in whose spool the package's bytes lie is away.";
const WAITING = `state in ('RECEIVING', 'COMMITTING') or state = 'PLACING' and exists (select from catalog.slots s
  where s.package = p.id and s.source = 'spool' and s.state in ('EMPTY', 'QUOTED', 'PROPOSED'))`;

/**
 * Say of the packages that wait for the bytes of a gateway that has not been seen for a while what to do, and no longer once it is back.
 */
export async function noteAway({ pool }: Pick<Context, "pool">): Promise<void> {
  await pool.query({
    name: "market-note-away",
    text: `with there as (select spool, max(seen_at) > now() - make_interval(secs => $1) as here, min(nullif(url, '')) as url
             from catalog.gateways group by spool)
           update catalog.packages p set cause = case when here then null else $2 end,
             next = case when here then null else 'Start the gateway' || coalesce(' of ' || there.url, '')
               || ' again. If its machine is gone for good, remove the package and put the folder again: what was locked for it comes back.' end
           from there where p.spool = there.spool and (${WAITING}) and (case when here then p.cause = $2 else p.cause is distinct from $2 end)`,
    values: [GATEWAY_AWAY_SECONDS, CAUSE],
  });
}
