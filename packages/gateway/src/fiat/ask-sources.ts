import { endFiatTurn, type FiatSource, type Queryable, storeFiatRates, takeFiatTurn } from "@cairn/catalog";
import { dayOf } from "@cairn/core";
import { asCairnError, type Seconds } from "@cairn/protocol";
import { fetchRates } from "./fetch-rates.ts";

const DAY = 86_400;
/** Longer than all requests of a source take: 20 currencies of 10 seconds. */
const TURN_SECONDS = 300;
/** Pauses after failures: a minute, doubled each time, to six hours. */
const FIRST_PAUSE_SECONDS = 60;
const LONGEST_PAUSE_SECONDS = 21_600;

/**
 * Ask each source whose turn it is: once a day (UTC) where it answers, however many gateways there are and however often they start, as the turn is taken
 * in the database. `now` is asked after each answer, too: a price is that of the day on which it came.
 */
export async function askSources(
  db: Queryable,
  { now, signal, ask = fetchRates }: { now: () => Seconds; signal?: AbortSignal; ask?: typeof fetchRates },
): Promise<void> {
  for (;;) {
    if (signal?.aborted) return;
    const source = await takeFiatTurn(db, { now: now(), turnSeconds: TURN_SECONDS });
    if (source === undefined) return;
    await askOne(db, source, { now, ask, signal });
  }
}

async function askOne(
  db: Queryable,
  source: FiatSource,
  { now, ask, signal }: { now: () => Seconds; ask: typeof fetchRates; signal: AbortSignal | undefined },
): Promise<void> {
  const { name, url, path, currencies, failures } = source;
  try {
    const rates = await ask({ url: url ?? "", path: path ?? "", currencies, signal });
    const at = now();
    for (const { currency, rate } of rates)
      await storeFiatRates(db, { source: name, currency, rates: [{ day: dayOf(at), rate }] });
    await endFiatTurn(db, source, { now: at, dueAt: (dayOf(at) + 1) * DAY, failure: null });
  } catch (error) {
    // Its gateway stops: the next one asks.
    if (signal?.aborted) return endFiatTurn(db, source, { now: now(), dueAt: now(), failure: source.failure });
    const { details, message } = asCairnError(error);
    const pause = Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** Math.min(failures, 20));
    const failure = typeof details?.why === "string" ? details.why : message;
    await endFiatTurn(db, source, { now: now(), dueAt: now() + pause, failure: failure.slice(0, 300) });
  }
}
