import { expect, it } from "vitest";
import type { CustodyRun } from "./custody.ts";
import { proofHistory } from "./proof-history.ts";

const run = (from: number, to: number, outcome: CustodyRun["outcome"], counted = to - from + 1): CustodyRun => ({
  ...{ from, to, outcome, counted },
  ...{ proved: outcome === "proved" ? counted : 0, onChain: 0 },
});
const said = (runs: CustodyRun[], at: { decided: number; running: number; last: number }) =>
  proofHistory(runs, at).map(({ from, to, outcome }) => `${from}-${to} ${outcome}`);

it("names the periods that nobody judged, and those that nobody has judged yet", () => {
  const runs = [run(1, 2, "off-duty", 0), run(3, 5, "proved"), run(8, 8, "silent"), run(9, 10, "proved")];
  expect(said(runs, { decided: 12, running: 14, last: 100 })).toEqual([
    "3-5 proved",
    "6-7 void",
    "8-8 silent",
    "9-10 proved",
    "11-12 void",
    "13-14 pending",
  ]);
  expect(said(runs, { decided: 10, running: 11, last: 100 }).slice(-2)).toEqual(["9-10 proved", "11-11 pending"]);
  // A deal that is over has nothing to come.
  expect(said(runs, { decided: 12, running: 14, last: 10 }).at(-1)).toBe("9-10 proved");
  expect(said(runs, { decided: 12, running: 14, last: 13 }).at(-1)).toBe("13-13 pending");
  expect(said([run(1, 2, "off-duty", 0)], { decided: 12, running: 14, last: 100 })).toEqual([]);
  expect(said([], { decided: 12, running: 14, last: 100 })).toEqual([]);
});
