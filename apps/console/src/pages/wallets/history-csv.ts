import type { HistoryLineJson } from "@cairn/client";
import { csvLine } from "@cairn/core/csv";
import { exactCoins } from "../../format/exact-coins.ts";

const HEADING = [
  ...["time", "block", "side", "kind", "coins", "deposit", "together", "escrow", "reserve"],
  ...["coins_after", "deposit_after", "counterparty", "transaction", "deal"],
];

/** A wallet's history as a file: money in coins with every digit, so that a column adds up to its balance. */
export function historyCsv(lines: readonly HistoryLineJson[]): string {
  const rows = lines.map((line) => [
    ...[new Date(line.at * 1000).toISOString(), line.block, line.side, line.kind],
    ...[line.coins, line.deposit, BigInt(line.coins) + BigInt(line.deposit), line.escrow, line.reserve].map(exactCoins),
    ...[line.coinsAfter, line.depositAfter].map(exactCoins),
    ...[line.counterparty, line.transaction, line.deal],
  ]);
  return [HEADING, ...rows].map(csvLine).join("");
}
