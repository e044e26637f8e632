import type { SubmissionResult } from "@cairn/core";
import { CairnError, type DealId, type ErrorCode } from "@cairn/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import type { ProviderContext } from "../context.ts";
import { silentLog } from "../log.ts";
import { expireProposals } from "./expire-proposals.ts";

const id = (n: number): DealId => `0x${n.toString(16).padStart(64, "0")}`;
const refusal = (code: ErrorCode) => new CairnError(code, { code, kind: "conflict", next: "-" });

let coins: bigint;
let sent: DealId[][];
let book: Map<DealId, object>;
let refuse: (deals: readonly DealId[]) => Error | undefined;
let context: ProviderContext;
beforeEach(() => {
  [coins, sent, refuse] = [1n, [], () => undefined];
  book = new Map([1, 2, 3].map((n) => [id(n), { quote: {} }]));
  const ledger = {
    gasBalance: async () => coins,
    async expire(_: unknown, deals: DealId[]): Promise<SubmissionResult> {
      sent.push(deals);
      const error = refuse(deals);
      if (error !== undefined) throw error;
      return { transaction: id(9), block: 1, ok: true };
    },
  };
  context = {
    log: silentLog,
    identity: { hot: "0x01" },
    chain: () => ledger,
    book: { get: (deal: DealId) => book.get(deal), remove: async (deal: DealId) => void book.delete(deal) },
    shards: { drop: async () => undefined },
    trees: { forget: () => undefined },
    pulls: new Map(),
    damage: new Map(),
    refusals: new Map(),
  } as never;
});

describe("expireProposals", () => {
  it("has them expired in one transaction, and drops them", async () => {
    await expireProposals(context, [id(1), id(2)]);
    expect(sent).toEqual([[id(1), id(2)]]);
    expect([...book.keys()]).toEqual([id(3)]);
  });

  it("drops them without a transaction where it has no coins", async () => {
    coins = 0n;
    await expireProposals(context, [id(1)]);
    expect(sent).toEqual([]);
    expect(book.has(id(1))).toBe(false);
  });

  it("has the others expired when somebody had one expired meanwhile", async () => {
    refuse = (deals) => (deals.includes(id(2)) ? refusal("reverted") : undefined);
    await expireProposals(context, [id(1), id(2), id(3)]);
    expect(sent).toEqual([[id(1), id(2), id(3)], [id(1), id(2)], [id(3)], [id(1)], [id(2)]]);
    expect(book.size).toBe(0);
  });

  it("keeps them for another time while the chain is away", async () => {
    refuse = () => refusal("chain-unreachable");
    await expireProposals(context, [id(1)]);
    expect(book.has(id(1))).toBe(true);
  });
});
