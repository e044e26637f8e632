import type { CustodyJson, DealJson, NetworkJson } from "@cairn/client";
import type { DealQuery } from "@cairn/client/client";
import { expect, it } from "vitest";
import { collectDeals, custodyLines } from "./deals.ts";

it("asks for pages until it has as many deals as are wanted, and says whether there are more", async () => {
  const all = Array.from({ length: 2500 }, (_, n) => ({ deal: String(n) }) as DealJson);
  const asked: DealQuery[] = [];
  const client = {
    async dealsPage(query: DealQuery) {
      asked.push(query);
      const from = Number(query.after ?? 0);
      const to = from + (query.limit ?? 1000);
      return { deals: all.slice(from, to), next: to < all.length ? String(to) : null };
    },
  };
  const few = await collectDeals(client, { sort: "paid" }, 1200);
  expect(few).toEqual({ deals: all.slice(0, 1200), more: true });
  expect(asked).toEqual([
    { sort: "paid", limit: 1000 },
    { sort: "paid", limit: 200, after: "1000" },
  ]);
  expect(await collectDeals(client, {})).toEqual({ deals: all, more: false });
  // A gateway that goes on and on with nothing ends the list.
  const endless = { dealsPage: async () => ({ deals: [], next: "x" }) };
  expect(await collectDeals(endless, {})).toEqual({ deals: [], more: false });
});

it("says of each run of periods who did what, from when until when", () => {
  const network = { deployment: { genesisTime: 1_800_000_000, periodSeconds: 3600 } } as NetworkJson;
  const provider = `0x${"ab".repeat(20)}`;
  const custody: CustodyJson = [
    {
      deal: `0x${"1".repeat(64)}`,
      piece: 0,
      shard: 3,
      provider,
      runs: [
        { from: 0, to: 0, outcome: "off-duty", counted: 0 },
        { from: 1, to: 24, outcome: "proved", counted: 20 },
        { from: 26, to: 26, outcome: "silent", counted: 1 },
      ],
    },
  ];
  const lines = custodyLines(custody, network);
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(/^0\/3 +0xabababab +2027-01-15 09:00 +2027-01-16 09:00 +proved +20 periods$/);
  expect(lines[2]).toMatch(/did not prove +1 period$/);
  const early = [{ ...custody[0]!, runs: custody[0]!.runs.slice(0, 1) }];
  expect(custodyLines(early, network)).toEqual(["No period with a proof of it is final yet."]);
  expect(custodyLines([], network)).toEqual(["No period with a proof of it is final yet."]);
});
