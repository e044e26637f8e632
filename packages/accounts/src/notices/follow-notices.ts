import type { Pool } from "pg";
import { NOTICE_CHANNEL, NOTICE_COLUMNS, type Notice } from "./notice.ts";

/**
 * Notices of the console as they are committed, of whichever account, until `signal` aborts; those that came before, or while the connection was lost, are in the
 * list. One connection is held by the caller's single follower.
 */
export async function* followNotices(
  pool: Pool,
  signal: AbortSignal,
): AsyncGenerator<{ account: string; notice: Notice }> {
  const client = await pool.connect();
  const told: number[] = [];
  let wake: () => void = () => undefined;
  let lost: Error | undefined;
  const onTold = ({ channel, payload }: { channel: string; payload?: string | undefined }) => {
    if (channel === NOTICE_CHANNEL && payload) told.push(Number(payload));
    wake();
  };
  const onLost = (error: Error) => {
    lost = error;
    wake();
  };
  const onAbort = () => wake();
  client.on("notification", onTold);
  client.on("error", onLost);
  signal.addEventListener("abort", onAbort);
  try {
    await client.query(`listen ${NOTICE_CHANNEL}`);
    while (!signal.aborted) {
      if (lost) throw lost;
      const ids = told.splice(0, 500);
      if (ids.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (told.length > 0 || lost || signal.aborted) resolve();
        });
        continue;
      }
      const { rows } = await pool.query(
        `select n.account, ${NOTICE_COLUMNS} from accounts.notices n where n.id = any($1::bigint[]) order by n.id`,
        [ids],
      );
      for (const { account, ...notice } of rows) yield { account, notice: notice as Notice };
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    client.off("notification", onTold);
    if (!lost) await client.query(`unlisten ${NOTICE_CHANNEL}`).catch(onLost);
    client.off("error", onLost);
    client.release(lost);
  }
}
