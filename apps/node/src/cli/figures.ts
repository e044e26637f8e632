import type { FigureHistoryJson, FigureName, FiguresJson } from "@cairn/client";
import { counted, exactCoins, formatBytes, minuteWords } from "./format.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";
import { requireTime } from "./statement.ts";

export interface FiguresOptions extends CommonOptions {
  /** Show how this figure came to be. */
  history?: FigureName;
  hourly?: boolean;
  since?: number;
  until?: number;
}

/** What the account's storage comes to now, or how one figure came to be. */
export async function figures(options: FiguresOptions): Promise<void> {
  const { history, hourly = false, since, until } = options;
  requireTime(since, until);
  const { client, output } = await openSession(options);
  const range = { ...(since === undefined ? {} : { from: since }), ...(until === undefined ? {} : { before: until }) };
  if (history === undefined) {
    const now = await client.figures.now(range);
    output.result(now);
    output.say(figureLines(now));
    return;
  }
  const found = await client.figures.history(history, { ...range, step: hourly ? "hour" : "day" });
  output.result(found);
  output.say(historyLines(found));
}

/** A line for each figure; what its name does not say stands beside it. */
export function figureLines(now: FiguresJson): string[] {
  const { deals, expiring, fiat } = now;
  const coins = (name: "deposit" | "coins" | "held" | "locked" | "paidForStorage" | "paidForRetrieval") => {
    const amount = now[name];
    const worth = fiat?.[name] ?? null;
    if (amount === null) return "not known: the chain does not answer";
    return `${exactCoins(BigInt(amount))}${worth === null ? "" : ` (${worth} ${fiat?.currency.toUpperCase()})`}`;
  };
  const range = expiring.range;
  return [
    ...table(
      ["", ""],
      [
        ["files", String(now.files)],
        ["packages", String(now.packages)],
        ["their size", formatBytes(Number(now.uniqueBytes))],
        ["all copies", formatBytes(Number(now.copiesBytes))],
        ["coins", coins("held")],
        ["  to be spent on storage", coins("deposit")],
        ["  in wallets", coins("coins")],
        ["in escrow of deals", coins("locked")],
        ["paid for storage", coins("paidForStorage")],
        [
          "paid for retrieval",
          `${coins("paidForRetrieval")}${now.retrievalWhy === null ? "" : `: ${now.retrievalWhy}`}`,
        ],
        ["providers", String(now.providers)],
        ["deals in progress", `${deals.inProgress}: ${deals.active} active, ${deals.proposed} proposed`],
        ["deals completed", String(deals.completed)],
        ["deals failed", String(deals.failed)],
        ["deals that end", `${expiring.days7} in 7 days, ${expiring.days30} in 30, ${expiring.days365} in a year`],
        ...(range === null ? [] : [["deals that end in that time", String(range.deals)]]),
      ],
    ).slice(1),
    ...(fiat === null
      ? [`No price of a coin: ${now.fiatWhy ?? "there is none"}.`]
      : [
          `One coin is ${fiat.rate} ${fiat.currency.toUpperCase()}, the price of ${fiat.day}${fiat.staleSince === null ? "" : `, stale since ${minuteWords(fiat.staleSince)}`}.`,
        ]),
  ];
}

function historyLines({ figure, currency, points }: FigureHistoryJson): string[] {
  if (points.length === 0) return [`No history of ${figure} in that time yet: it is written every ten minutes.`];
  const money = currency !== null || MONEY.has(figure);
  const shown = (value: string) =>
    money ? exactCoins(BigInt(value)) : figure.endsWith("Bytes") ? formatBytes(Number(value)) : value;
  return [
    ...table(
      ["when", figure, currency?.toUpperCase() ?? ""],
      points.map(({ at, value, fiat }) => [minuteWords(at), shown(value), fiat ?? ""]),
    ),
    counted(points.length, "point"),
  ];
}

const MONEY: ReadonlySet<string> = new Set([
  "deposit",
  "coins",
  "held",
  "locked",
  "paidForStorage",
  "paidForRetrieval",
]);
