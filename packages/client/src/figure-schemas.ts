import type { Static } from "typebox";
import { Type } from "./schema-builder.ts";
import { BytesText, CurrencyText, MoneyText } from "./schemas.ts";

/** What an account's storage comes to, with the history of each figure, and prices of a coin. */
const Count = Type.Integer({ minimum: 0 });
const Time = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: "UNIX seconds" });
const Why = Type.Union([Type.String(), Type.Null()]);
const MoneyOrNone = Type.Union([MoneyText, Type.Null()], { description: "null while the chain does not answer" });
const Worth = Type.String({ pattern: "^[0-9]{1,78}(\\.[0-9]{1,6})?$", description: "in the currency, rounded down" });
const RateText = Type.String({ pattern: "^[0-9]{1,18}(\\.[0-9]{1,18})?$", description: "price of one coin" });
export const DayText = Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description: "a day, UTC" });

export const FiatFiguresJson = Type.Object({
  currency: CurrencyText,
  rate: RateText,
  day: DayText,
  staleSince: Type.Union([Time, Type.Null()], { description: "when the rate stopped being today's" }),
  deposit: Worth,
  coins: Type.Union([Worth, Type.Null()]),
  held: Type.Union([Worth, Type.Null()]),
  locked: Worth,
  paidForStorage: Worth,
  paidForRetrieval: Worth,
});
export type FiatFiguresJson = Static<typeof FiatFiguresJson>;

export const FiguresJson = Type.Object({
  at: Time,
  files: Type.Integer({ minimum: 0, description: "files in stored packages, as whoever packed them counted" }),
  packages: Type.Integer({ minimum: 0, description: "stored packages" }),
  uniqueBytes: Type.String({ ...BytesText, description: "bytes of their CAR files, equal ones once; decimal" }),
  copiesBytes: Type.String({ ...BytesText, description: "bytes that providers of active deals keep; decimal" }),
  deposit: MoneyText,
  coins: MoneyOrNone,
  held: MoneyOrNone,
  locked: Type.String({ ...MoneyText, description: "wei in escrow of deals, decimal" }),
  paidForStorage: MoneyText,
  paidForRetrieval: MoneyText,
  retrievalWhy: Why,
  providers: Type.Integer({ minimum: 0, description: "different providers of active deals" }),
  deals: Type.Object({
    inProgress: Type.Integer({ minimum: 0, description: "proposed or active" }),
    proposed: Count,
    active: Count,
    completed: Count,
    failed: Count,
    cancelled: Count,
    expired: Count,
  }),
  expiring: Type.Object({
    days7: Type.Integer({ minimum: 0, description: "active deals that end within 7 days, the last second included" }),
    days30: Count,
    days365: Count,
    range: Type.Union([Type.Object({ from: Time, before: Time, deals: Count }), Type.Null()], {
      description: "of the query's `from` and `before`, half-open",
    }),
  }),
  fiat: Type.Union([FiatFiguresJson, Type.Null()]),
  fiatWhy: Type.Union([Type.String(), Type.Null()], { description: "why `fiat` is null" }),
});
export type FiguresJson = Static<typeof FiguresJson>;
export const LiveFiguresJson = Type.Object({ type: Type.Literal("figures"), figures: FiguresJson });
export type LiveFiguresJson = Static<typeof LiveFiguresJson>;

export const FigureHistoryJson = Type.Object({
  figure: Type.String(),
  step: Type.Union([Type.Literal("hour"), Type.Literal("day")]),
  currency: Type.Union([CurrencyText, Type.Null()], { description: "of `fiat`; null where the figure is no money" }),
  points: Type.Array(
    Type.Object({
      at: Type.Integer({ minimum: 0, description: "start of the hour or day, UNIX seconds" }),
      value: Type.String({ pattern: "^[0-9]{1,78}$", description: "as it last was in it, decimal" }),
      fiat: Type.Union([Worth, Type.Null()], { description: "at that day's price; null where there is none" }),
    }),
  ),
});
export type FigureHistoryJson = Static<typeof FigureHistoryJson>;

export const FiatRatesJson = Type.Object({
  rates: Type.Array(
    Type.Object({
      currency: CurrencyText,
      rate: Type.String({ ...RateText, description: "price of one coin: the median of the sources" }),
      day: DayText,
      staleSince: Type.Union([Time, Type.Null()]),
      sources: Type.Array(Type.Object({ source: Type.String(), rate: RateText })),
    }),
  ),
  why: Type.Union([Type.String(), Type.Null()], { description: "why there are none" }),
});
export type FiatRatesJson = Static<typeof FiatRatesJson>;
export const FiatHistoryJson = Type.Object({
  currency: CurrencyText,
  points: Type.Array(Type.Object({ day: DayText, rate: RateText, sources: Count })),
});
export type FiatHistoryJson = Static<typeof FiatHistoryJson>;

const SourceName = Type.String({ pattern: "^[a-z0-9][a-z0-9.-]{0,39}$" });
export const NewFiatSourceJson = Type.Object({
  url: Type.String({
    maxLength: 500,
    description:
      "https, or http of this machine; `{currency}` and `{CURRENCY}` have it asked for each currency, `{currencies}` for all at once",
  }),
  path: Type.String({ maxLength: 200, description: "where the price stands in the answer: `prices.{currency}.0`" }),
  currencies: Type.Array(CurrencyText, { minItems: 1, maxItems: 20 }),
});
export type NewFiatSourceJson = Static<typeof NewFiatSourceJson>;
export const FiatSourceJson = Type.Object({
  name: SourceName,
  url: Type.Union([Type.String(), Type.Null()], { description: "null where its prices are imported from files" }),
  path: Type.Union([Type.String(), Type.Null()]),
  currencies: Type.Array(CurrencyText),
  fetchedAt: Type.Union([Time, Type.Null()]),
  failure: Type.Union([Type.String(), Type.Null()], { description: "of the last try, where it failed" }),
  newestDay: Type.Union([DayText, Type.Null()]),
  rates: Count,
});
export type FiatSourceJson = Static<typeof FiatSourceJson>;
export const FiatSourcesJson = Type.Object({ sources: Type.Array(FiatSourceJson) });
export type FiatSourcesJson = Static<typeof FiatSourcesJson>;
export const ImportRatesJson = Type.Object({
  source: SourceName,
  currency: CurrencyText,
  rates: Type.Array(Type.Object({ day: DayText, rate: RateText }), { minItems: 1, maxItems: 10_000 }),
});
export type ImportRatesJson = Static<typeof ImportRatesJson>;
export const ImportedRatesJson = Type.Object({ source: SourceName, currency: CurrencyText, days: Count });
export type ImportedRatesJson = Static<typeof ImportedRatesJson>;
