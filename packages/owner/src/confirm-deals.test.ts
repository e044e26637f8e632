import type { PackageDetailJson } from "@cairn/client";
import type { DealRecord, PackageRef } from "@cairn/core";
import type { CommitmentDocument, Hex } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { checkHolders, confirmDeals } from "./check-chain.ts";

const id = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;
const who = (n: number): Hex => `0x${n.toString(16).padStart(40, "0")}`;
const documentHash = id(1);
/** More shards than are looked up together, so that none is left out between two lots. */
const PIECES = 5;
const N = 4;
const dealOf = (piece: number, shard: number) => id(1000 + piece * N + shard);
const document = {
  pieces: Array.from({ length: PIECES }, (_, piece) => ({
    shards: Array.from({ length: N }, (_, shard) => ({ commitment: id(100 + piece * N + shard), rawLength: 127 })),
  })),
} as CommitmentDocument;

function chainOf(bend: (deal: DealRecord, piece: number, shard: number) => DealRecord | undefined = (deal) => deal) {
  const deals = new Map<string, DealRecord>();
  const places = new Map<string, Hex>();
  for (const [piece, { shards }] of document.pieces.entries()) {
    for (const [shard, { commitment }] of shards.entries()) {
      const quote = { documentHash, piece, shard, commitment, provider: who(shard + 1), pricePerPeriod: 10n };
      const deal = bend({ state: "ACTIVE", quote } as DealRecord, piece, shard);
      if (deal === undefined) continue;
      deals.set(dealOf(piece, shard), deal);
      places.set(`${piece} ${shard}`, dealOf(piece, shard));
    }
  }
  return {
    deal: async (deal: Hex) => deals.get(deal),
    liveDealAt: async (of: PackageRef, piece: number, shard: number) =>
      of.documentHash === documentHash && of.owner === document.owner ? places.get(`${piece} ${shard}`) : undefined,
  };
}
const last = (piece: number, shard: number) => piece === PIECES - 1 && shard === N - 1;
const lied = (field: string) => ({ code: "gateway-lies", details: { field } });

describe("what the gateway calls STORED", () => {
  const confirm = (chain: ReturnType<typeof chainOf>) => confirmDeals(chain, { documentHash, document });

  it("has a live deal for each shard", async () => {
    expect(await confirm(chainOf())).toBe(PIECES * N);
  });

  it.each([
    ["state", undefined],
    ["state", { state: "PROPOSED" }],
    ["state", { state: "FAILED" }],
    ["commitment", { quote: { commitment: id(7) } }],
  ] as [string, Partial<DealRecord> | undefined][])(
    "is refused when one shard, the last, has another %s",
    async (field, change) => {
      const chain = chainOf((deal, piece, shard) =>
        last(piece, shard) ? (change === undefined ? undefined : { ...deal, ...change }) : deal,
      );
      await expect(confirm(chain)).rejects.toMatchObject(lied(`${field} of shard ${N - 1} of piece ${PIECES - 1}`));
    },
  );

  it("is refused when the deals are another owner's under the same manifest", async () => {
    const copy = { documentHash, document: { ...document, owner: who(99) } };
    await expect(confirmDeals(chainOf(), copy)).rejects.toMatchObject({ code: "gateway-lies" });
  });

  it("is refused when the deals are another package's", async () => {
    await expect(confirmDeals(chainOf(), { documentHash: id(2), document })).rejects.toMatchObject({
      code: "gateway-lies",
    });
  });
});

describe("who is said to hold a shard, for how much", () => {
  const detail = {
    slots: document.pieces.flatMap(({ shards }, piece) =>
      shards.map(({ commitment, rawLength }, shard) => ({
        piece,
        shard,
        state: "ACTIVE",
        deal: dealOf(piece, shard),
        provider: who(shard + 1),
        commitment,
        rawLength,
        cause: null,
      })),
    ),
    pricePerPeriod: String(PIECES * N * 10),
  } as unknown as PackageDetailJson;

  it("is what the deals on chain say", async () => {
    await checkHolders(chainOf(), detail, documentHash);
  });

  it.each([
    ["provider", { provider: who(99) }],
    ["deal", { deal: id(5) }],
    ["place", { deal: dealOf(0, 0) }],
    ["commitment", { commitment: id(6) }],
  ])("is refused when one shard, the last, is said to have another %s", async (field, change) => {
    const slots = detail.slots.map((slot) => (last(slot.piece, slot.shard) ? { ...slot, ...change } : slot));
    await expect(checkHolders(chainOf(), { ...detail, slots }, documentHash)).rejects.toMatchObject(
      lied(`${field} of shard ${N - 1} of piece ${PIECES - 1}`),
    );
  });

  it("is refused when the price is less than theirs, or the deals are another package's", async () => {
    const cheap = { ...detail, pricePerPeriod: String(PIECES * N * 10 - 1) };
    await expect(checkHolders(chainOf(), cheap, documentHash)).rejects.toMatchObject(lied("pricePerPeriod"));
    await expect(checkHolders(chainOf(), detail, id(2))).rejects.toMatchObject({ code: "gateway-lies" });
  });

  it("counts no deal that has ended since", async () => {
    const chain = chainOf((deal, piece, shard) => (last(piece, shard) ? { ...deal, state: "COMPLETED" } : deal));
    await checkHolders(chain, { ...detail, pricePerPeriod: String((PIECES * N - 1) * 10) }, documentHash);
  });
});
