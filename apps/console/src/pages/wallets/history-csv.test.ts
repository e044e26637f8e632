import type { HistoryLineJson } from "@cairn/client";
import { expect, it } from "vitest";
import { parseCoins } from "../../format/parse-coins.ts";
import { historyCsv } from "./history-csv.ts";

const COIN = 10n ** 18n;
const line = (of: Partial<HistoryLineJson>): HistoryLineJson => ({
  ...{ side: "coins", at: 1_800_000_000, block: 7, kind: "in", coins: "0", deposit: "0", escrow: "0", reserve: "0" },
  ...{ coinsAfter: "0", depositAfter: "0", counterparty: null, transaction: null, link: null, deal: null },
  ...{ documentHash: null, ...of },
});

it("adds up to the balances to the wei, column by column", () => {
  const text = historyCsv([
    line({ coins: String(3n * COIN), coinsAfter: String(3n * COIN) }),
    line({ kind: "fee", coins: "-21000000000007", coinsAfter: String(3n * COIN - 21000000000007n) }),
    line({ kind: "deposit", coins: String(-COIN), coinsAfter: String(2n * COIN - 21000000000007n) }),
    line({ side: "deposit", kind: "deposit", deposit: String(COIN), depositAfter: String(COIN) }),
  ]);
  const [heading = "", ...rows] = text.trimEnd().split("\r\n");
  const names = heading.split(",");
  const column = (name: string) => rows.map((row) => row.split(",")[names.indexOf(name)] ?? "");
  const wei = (coins: string) => {
    const amount = coins === "0" ? 0n : parseCoins(coins.replace("-", ""));
    if (typeof amount !== "bigint") throw new Error(`${coins} is no amount`);
    return coins.startsWith("-") ? -amount : amount;
  };
  const sum = (name: string) => column(name).reduce((before, one) => before + wei(one), 0n);
  expect(sum("coins")).toBe(wei(column("coins_after")[2] ?? ""));
  expect(sum("deposit")).toBe(wei(column("deposit_after").at(-1) ?? ""));
  expect(sum("together")).toBe(sum("coins") + sum("deposit"));
  expect(column("time")).toEqual(Array(4).fill("2027-01-15T08:00:00.000Z"));
});
