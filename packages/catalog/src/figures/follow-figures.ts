import type { Pool } from "pg";

const CHANNEL = "cairn_figures";

/** Whose figures changed: a wallet's, an account's, or everybody's. */
export type FiguresChange = { wallet: string } | { account: string } | "all";

/**
 * Tells of every change of figures that any gateway of this database makes, as its transaction ends, until `signal` aborts; `onOpen` when it begins to.
 * Holds a connection. @throws when the connection is lost
 */
export async function followFigures(
  pool: Pool,
  { onChange, onOpen, signal }: { onChange(change: FiguresChange): void; onOpen?(): void; signal: AbortSignal },
): Promise<void> {
  const client = await pool.connect();
  let lost: Error | undefined;
  let end: () => void = () => undefined;
  const onNotification = ({ payload = "" }: { payload?: string | undefined }) => {
    const whose = payload.slice(2);
    onChange(payload.startsWith("w:") ? { wallet: whose } : payload.startsWith("a:") ? { account: whose } : "all");
  };
  const onError = (error: Error) => {
    lost = error;
    end();
  };
  client.on("notification", onNotification);
  client.on("error", onError);
  const onAbort = () => end();
  signal.addEventListener("abort", onAbort);
  try {
    await client.query(`listen ${CHANNEL}`);
    onOpen?.();
    await new Promise<void>((resolve) => {
      end = resolve;
      if (signal.aborted || lost) resolve();
    });
    if (lost) throw lost;
  } finally {
    signal.removeEventListener("abort", onAbort);
    client.off("notification", onNotification);
    if (!lost) await client.query(`unlisten ${CHANNEL}`).catch(onError);
    client.off("error", onError);
    client.release(lost);
  }
}
