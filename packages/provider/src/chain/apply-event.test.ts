import type { DealRecord } from "@cairn/core";
import type { Hex } from "@cairn/protocol";
import { expect, it } from "vitest";
import type { ProviderContext } from "../context.ts";
import { applyEvent } from "./apply-event.ts";

const address = (digit: number): Hex => `0x${String(digit).repeat(40)}`;
const HASH: Hex = `0x${"ab".repeat(32)}`;

/** A provider with one deal of each of two owners, whose packages have the same hash; what was asked of the chain. */
function providerWith(lastPeriods: Record<string, number>) {
  const asked: string[] = [];
  const entries = Object.keys(lastPeriods).map((owner) => ({
    deal: `deal of ${owner}`,
    quote: { owner, documentHash: HASH },
    facts: { lastPeriod: 100 },
  }));
  const context = {
    book: { all: () => entries, get: (deal: string) => entries.find((entry) => entry.deal === deal) },
    chain: () => ({
      async deal(deal: string) {
        asked.push(deal);
        const owner = deal.slice("deal of ".length);
        return { state: "ACTIVE", lastPeriod: lastPeriods[owner] } as unknown as DealRecord;
      },
    }),
  };
  return { context: context as unknown as ProviderContext, entries, asked };
}

it("takes a stranger's end of a package of the same hash for what it is", async () => {
  const { context, entries, asked } = providerWith({ [address(1)]: 100, [address(2)]: 31 });
  const event = { name: "PackageTerminated", documentHash: HASH, owner: address(2), lastPeriod: 31 } as const;
  await applyEvent(context, event as never);
  expect(entries.map(({ facts }) => facts.lastPeriod)).toEqual([100, 31]);
  expect(asked).toEqual([`deal of ${address(2)}`]);
});

it("takes when a deal ends from the chain's record of it, not from the event", async () => {
  const { context, entries } = providerWith({ [address(1)]: 60 });
  const event = { name: "PackageTerminated", documentHash: HASH, owner: address(1), lastPeriod: 31 } as const;
  await applyEvent(context, event as never);
  expect(entries[0]?.facts.lastPeriod).toBe(60);
});
