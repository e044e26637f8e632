import type { DealId } from "@cairn/protocol";
import { expect, it } from "vitest";
import { HandedBytes } from "./handed-bytes.ts";

const deal = (i: number): DealId => `0x${i.toString(16).padStart(64, "0")}`;

async function* parts(count: number) {
  for (let i = 0; i < count; i++) yield new Uint8Array(10);
}

it("knows how far a shard is while it is read, from where it began", async () => {
  const handed = new HandedBytes();
  const seen: number[] = [];
  for await (const _ of handed.count(deal(1), 5, parts(3))) seen.push(handed.of(deal(1)));
  expect([...seen, handed.of(deal(1))]).toEqual([0, 15, 25, 35]);
  expect([handed.of(deal(2)), handed.of(null)]).toEqual([0, 0]);
  expect([handed.passed(deal(1)), handed.passed(deal(2))]).toEqual([30, 0]);
});

it("counts everything that a provider takes, and shows of it the shard alone", async () => {
  const handed = new HandedBytes();
  for await (const _ of handed.countPapers(deal(1), parts(2)));
  expect([handed.of(deal(1)), handed.passed(deal(1))]).toEqual([0, 20]);
  for (const from of [0, 0]) for await (const _ of handed.count(deal(1), from, parts(2)));
  expect([handed.of(deal(1)), handed.passed(deal(1))]).toEqual([20, 60]);
});

it("forgets the deals of which it has not heard for longest", async () => {
  const handed = new HandedBytes();
  const read = async (i: number) => {
    for await (const _ of handed.count(deal(i), 0, parts(1)));
  };
  for (let i = 0; i < 10_000; i++) await read(i);
  await read(0);
  await read(10_000);
  expect([0, 1, 2, 10_000].map((i) => handed.of(deal(i)))).toEqual([10, 0, 10, 10]);
});
