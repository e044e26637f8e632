import {
  type ListedSource,
  listCurrencies,
  listFiatSources,
  MOST_SOURCES,
  readFiatRates,
  removeFiatSource,
  saveFiatSource,
  storeFiatRates,
} from "@cairn/catalog";
import {
  CurrencyText,
  FiatHistoryJson,
  FiatRatesJson,
  FiatSourceJson,
  FiatSourcesJson,
  ImportedRatesJson,
  ImportRatesJson,
  NewFiatSourceJson,
} from "@cairn/client";
import { dayOf, dayText, readDay, readRate } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { FastifyPluginAsync } from "fastify";
import { type Static, Type } from "typebox";
import { fiatRateOf } from "./fiat/fiat-rate-of.ts";
import { requireSource } from "./fiat/source-url.ts";
import { MOST_SECONDS, requireRange } from "./figure-routes.ts";
import { whyNoRate } from "./figures/figures-of.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { Seconds } from "./package-route.ts";

const about = (summary: string) => ({ summary, tags: ["fiat"] });
const HistoryQuery = Type.Object({ currency: CurrencyText, from: Seconds, before: Seconds });
const Named = Type.Object({ name: FiatSourceJson.properties.name });
const YEAR_DAYS = 365;

/** Prices of a coin in other currencies: everybody may read them, operators say where they come from. */
export function fiatRoutes({ pool, accounts }: GatewayContext): FastifyPluginAsync {
  const now = () => accounts.clock.now();
  const sourcesNow = async (): Promise<FiatSourcesJson> => ({
    sources: (await listFiatSources(pool)).map(sourceToJson),
  });
  const namedSource = async (name: string) => (await sourcesNow()).sources.find((source) => source.name === name)!;

  return async (server) => {
    server.get(
      "/api/v1/fiat/rates",
      {
        config: { scope: "read" },
        schema: {
          ...about(
            "The newest price of a coin in each currency: the median of the sources, and since when it is stale",
          ),
          response: { 200: FiatRatesJson },
        },
      },
      async () => {
        const found = await Promise.all(
          (await listCurrencies(pool)).map(async (currency) => ({
            currency,
            newest: await fiatRateOf(pool, { currency, now: now() }),
          })),
        );
        const rates = found.flatMap(({ currency, newest }) =>
          newest === undefined ? [] : [{ currency, ...newest, day: dayText(newest.day) }],
        );
        return { rates, why: rates.length > 0 ? null : await whyNoRate(pool) };
      },
    );

    server.get(
      "/api/v1/fiat/history",
      {
        config: { scope: "read" },
        schema: {
          ...about("Prices of the days of the last year, or of a range"),
          querystring: HistoryQuery,
          response: { 200: FiatHistoryJson },
        },
      },
      async (request) => {
        const { currency, ...query } = request.query as Static<typeof HistoryQuery>;
        const range = {
          from: query.from ?? Math.max(0, now() - YEAR_DAYS * 86_400),
          before: query.before ?? MOST_SECONDS,
        };
        requireRange(range);
        const days = await readFiatRates(pool, {
          currency,
          from: dayOf(range.from),
          // The day of the last second before `before`.
          before: Math.min(dayOf(range.before - 1), dayOf(now())) + 1,
        });
        return {
          currency,
          points: days.map(({ day, rate, sources }) => ({ day: dayText(day), rate, sources: sources.length })),
        };
      },
    );

    server.get(
      "/api/v1/fiat/sources",
      {
        config: { scope: "operate" },
        schema: { ...about("Where prices come from, and how the last try went"), response: { 200: FiatSourcesJson } },
      },
      sourcesNow,
    );

    server.put(
      "/api/v1/fiat/sources/:name",
      {
        config: { scope: "operate" },
        schema: {
          ...about("Have prices asked for at a URL, once a day"),
          params: Named,
          body: NewFiatSourceJson,
          response: { 200: FiatSourceJson },
        },
      },
      async (request) => {
        const { name } = request.params as Static<typeof Named>;
        const { url, path, currencies } = request.body as NewFiatSourceJson;
        requireSource({ url, path });
        requireRoom(await saveFiatSource(pool, { name, url, path, currencies: [...new Set(currencies)], now: now() }));
        return namedSource(name);
      },
    );

    server.delete(
      "/api/v1/fiat/sources/:name",
      {
        config: { scope: "operate" },
        schema: {
          ...about("Forget a source and the prices that it gave"),
          params: Named,
          response: { 200: FiatSourcesJson },
        },
      },
      async (request) => {
        const { name } = request.params as Static<typeof Named>;
        if (await removeFiatSource(pool, name)) return sourcesNow();
        throw new CairnError(`there is no source of prices called ${name}`, {
          code: "unknown-rate-source",
          kind: "missing",
          next: "`cairn fiat source` lists them.",
        });
      },
    );

    server.post(
      "/api/v1/fiat/import",
      {
        config: { scope: "operate" },
        schema: {
          ...about("Take in prices of days, as from a file; of a day that is known already they take the place"),
          body: ImportRatesJson,
          response: { 200: ImportedRatesJson },
        },
      },
      async (request) => {
        const { source, currency, rates } = request.body as ImportRatesJson;
        const read = rates.map(({ day, rate }) => {
          const known = { day: readDay(day), rate: readRate(rate) };
          if (known.day !== undefined && known.rate !== undefined && known.day <= dayOf(now()))
            return { day: known.day, rate: known.rate };
          throw new CairnError(`no price of a day that was: ${day}, ${rate}`, {
            code: "bad-rates",
            kind: "input",
            next: "Give days up to today such as 2026-11-29, and prices greater than 0.",
          });
        });
        const known = (await listFiatSources(pool)).find(({ name }) => name === source);
        const currencies = [...new Set([...(known?.currencies ?? []), currency])].slice(0, 50);
        if (known?.url == null)
          requireRoom(await saveFiatSource(pool, { name: source, url: null, path: null, currencies, now: now() }));
        await storeFiatRates(pool, { source, currency, rates: read });
        return { source, currency, days: new Set(read.map(({ day }) => day)).size };
      },
    );
  };
}

function requireRoom(saved: boolean): void {
  if (saved) return;
  throw new CairnError(`there are ${MOST_SOURCES} sources of prices already`, {
    code: "too-many-rate-sources",
    kind: "conflict",
    next: "Remove one with `cairn fiat source NAME --remove`.",
  });
}

function sourceToJson({
  name,
  url,
  path,
  currencies,
  fetchedAt,
  failure,
  newestDay,
  rates,
}: ListedSource): FiatSourceJson {
  return {
    ...{ name, url, path, currencies, fetchedAt, failure, rates },
    newestDay: newestDay === null ? null : dayText(newestDay),
  };
}
