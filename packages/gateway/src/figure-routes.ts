import { HISTORY_STEPS, readFiatRates, readHistory } from "@cairn/catalog";
import { FIGURE_NAMES, FigureHistoryJson, FiguresJson } from "@cairn/client";
import { dayOf, inFiat } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { FastifyPluginAsync } from "fastify";
import { type Static, Type } from "typebox";
import { currencyOf, figuresOf } from "./figures/figures-of.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { oneOf, Seconds } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";

const about = (summary: string) => ({ summary, tags: ["account"] });
const RangeQuery = Type.Object({ from: Seconds, before: Seconds });
const HistoryQuery = Type.Object({
  figure: oneOf(FIGURE_NAMES),
  step: Type.Optional(oneOf(["hour", "day"])),
  from: Seconds,
  before: Seconds,
});
const MONEY: readonly string[] = ["deposit", "coins", "held", "locked", "paidForStorage", "paidForRetrieval"];
/** What is shown unless a beginning is asked for. */
const SHOWN_STEPS = { hour: 168, day: 365 } as const;

/** What the account's storage comes to, now and over time. */
export function figureRoutes(gateway: GatewayContext): FastifyPluginAsync {
  return async (server) => {
    server.get(
      "/api/v1/figures",
      {
        config: { scope: "read" },
        schema: {
          ...about("What the account stores, has, paid, and has agreed; deals that expire within a range of time"),
          querystring: RangeQuery,
          response: { 200: FiguresJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { from, before } = request.query as Static<typeof RangeQuery>;
        if (from === undefined && before === undefined) return figuresOf(gateway, { account });
        const range = { from: from ?? 0, before: before ?? MOST_SECONDS };
        requireRange(range);
        return figuresOf(gateway, { account, range });
      },
    );

    server.get(
      "/api/v1/figures/history",
      {
        config: { scope: "read" },
        schema: {
          ...about(
            "A figure as it last was in each day of the last year, or each hour of the last week, or of a range",
          ),
          querystring: HistoryQuery,
          response: { 200: FigureHistoryJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { figure, step = "day", ...query } = request.query as Static<typeof HistoryQuery>;
        const now = gateway.accounts.clock.now();
        const from = query.from ?? Math.max(0, now - SHOWN_STEPS[step] * HISTORY_STEPS[step]);
        const before = query.before ?? Math.max(now, from) + 1;
        requireRange({ from, before });
        const points = await readHistory(gateway.pool, { account, figure, step, from, before });
        const currency = MONEY.includes(figure) ? ((await currencyOf(gateway, account)) ?? null) : null;
        const first = points[0];
        const rates =
          currency === null || first === undefined
            ? []
            : await readFiatRates(gateway.pool, {
                currency,
                from: dayOf(first.at),
                before: dayOf(points.at(-1)!.at) + 1,
              });
        const byDay = new Map(rates.map(({ day, rate }) => [day, rate]));
        return {
          figure,
          step,
          currency,
          points: points.map(({ at, value }) => {
            const rate = byDay.get(dayOf(at));
            return { at, value, fiat: rate === undefined ? null : inFiat(BigInt(value), rate) };
          }),
        };
      },
    );
  };
}

/** The last second that a `Date` can show. */
export const MOST_SECONDS = 8_640_000_000_000;

/** @throws CairnError `bad-input` where no moment is between the two */
export function requireRange({ from, before }: { from: number; before: number }): void {
  if (from < before) return;
  throw new CairnError("from is not before before: no time lies between them", {
    code: "bad-input",
    kind: "input",
    details: { field: "from" },
    next: "Give a `from` that is smaller than `before`, which is itself left out.",
  });
}
