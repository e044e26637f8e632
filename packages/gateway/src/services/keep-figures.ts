import { accountsToWrite, writeFigures } from "@cairn/catalog";
import type { Clock } from "@cairn/core";
import { asCairnError } from "@cairn/protocol";
import { askSources } from "../fiat/ask-sources.ts";
import { type FiguresContext, figuresToKeep } from "../figures/figures-of.ts";

/** How often what is due is looked for. */
const LOOK_SECONDS = 30;
/** How old an account's newest row may be: the row of an hour is written several times, and the last time stands. */
const EVERY_SECONDS = 600;
const BATCH = 50;

export interface KeepFiguresOptions {
  context: FiguresContext;
  clock: Clock;
  signal: AbortSignal;
  log: { warn(details: object, message: string): void };
}

/** Write the history of every account's figures, and ask for the day's prices, until `signal` aborts. */
export async function keepFigures({ context, clock, signal, log }: KeepFiguresOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      await writeHistory(context, { now: clock.now(), signal });
      await askSources(context.pool, { now: () => clock.now(), signal });
    } catch (error) {
      if (!signal.aborted) log.warn({ error: asCairnError(error).message }, "figures could not be kept");
    }
    await clock.sleep(LOOK_SECONDS, signal);
  }
}

/** One row for each account whose turn it is; two gateways that write the same one leave the later. */
export async function writeHistory(
  context: FiguresContext,
  { now, signal }: { now: number; signal?: AbortSignal },
): Promise<void> {
  for (;;) {
    const accounts = await accountsToWrite(context.pool, { now, every: EVERY_SECONDS, limit: BATCH });
    for (const account of accounts) {
      if (signal?.aborted) return;
      const figures = await figuresToKeep(context, { account, now });
      await writeFigures(context.pool, { account, at: now, figures });
    }
    if (accounts.length < BATCH) return;
  }
}
