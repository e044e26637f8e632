import { readFile, stat } from "node:fs/promises";
import { MOST_RATES, parseRates } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import { counted, minuteWords } from "./format.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

/** Lines of 10,000 rates are far shorter. */
const MOST_BYTES = 100 * MOST_RATES;

/** Show the price of a coin in each currency. */
export async function fiatRates(options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const found = await client.fiat.rates();
  output.result(found);
  output.say(
    found.rates.length === 0
      ? `No price of a coin: ${found.why ?? "there is none"}.`
      : table(
          ["currency", "a coin", "of", "sources", ""],
          found.rates.map(({ currency, rate, day, sources, staleSince }) => [
            currency.toUpperCase(),
            rate,
            day,
            sources.map(({ source }) => source).join(", "),
            staleSince === null ? "" : `stale since ${minuteWords(staleSince)}`,
          ]),
        ),
  );
}

/** Take in prices of days from a CSV or JSON file. */
export async function importFiat(
  path: string,
  options: CommonOptions & { currency: string; source?: string },
): Promise<void> {
  const { client, output } = await openSession(options);
  const { size } = await stat(path);
  if (size > MOST_BYTES) {
    throw new CairnError(`${path} has ${size} bytes: a file of prices has at most ${MOST_BYTES}`, {
      code: "bad-rates",
      kind: "input",
      next: `Import at most ${MOST_RATES} days at a time.`,
    });
  }
  const rates = parseRates(await readFile(path, "utf8"));
  const done = await client.fiat.importRates({
    source: options.source ?? "file",
    currency: options.currency.toLowerCase(),
    rates,
  });
  output.result(done);
  output.say(`Took in ${done.currency.toUpperCase()} prices of ${counted(done.days, "day")} from ${path}.`);
}

export interface SourceOptions extends CommonOptions {
  url?: string;
  path?: string;
  currency?: string[];
  remove?: boolean;
}

/** List where prices come from, add or change a source, or remove one. */
export async function fiatSource(name: string | undefined, options: SourceOptions): Promise<void> {
  const { url, path, currency, remove = false } = options;
  if ((url === undefined) !== (path === undefined) || (url !== undefined && (remove || currency === undefined)))
    throw unclear("--url, --path and --currency go together, and without --remove");
  if (name === undefined && (remove || url !== undefined)) throw unclear("the source has no name");
  const { client, output } = await openSession(options);
  if (name !== undefined && url !== undefined && path !== undefined && currency !== undefined)
    await client.fiat.setSource(name, { url, path, currencies: currency.map((one) => one.toLowerCase()) });
  if (name !== undefined && remove) await client.fiat.removeSource(name);
  const { sources } = await client.fiat.sources();
  output.result({ sources });
  if (sources.length === 0) output.say("No source of prices. Add one, or import a file with `cairn fiat import`.");
  else
    output.say(
      table(
        ["source", "asked at", "currencies", "days", "newest", "last try"],
        sources.map((source) => [
          source.name,
          source.url ?? "(imported)",
          source.currencies.join(", ").toUpperCase(),
          String(source.rates),
          source.newestDay ?? "—",
          source.failure ?? (source.fetchedAt === null ? "—" : `answered ${minuteWords(source.fetchedAt)}`),
        ]),
      ),
    );
}

function unclear(message: string): CairnError {
  return new CairnError(message, {
    code: "bad-options",
    kind: "input",
    next: "`cairn fiat source --help` shows examples.",
  });
}
