import { ManualClock } from "@cairn/core";
import { expect, it } from "vitest";
import type { Context } from "../context.ts";
import { fetchRange, Pace } from "./fetch-range.ts";

const holder = { shard: 0, provider: `0x${"11".repeat(20)}`, deal: `0x${"22".repeat(32)}` } as const;
const never = new AbortController().signal;

/** A provider that sends `size` bytes every `seconds` of the clock's. */
function provider(size: number, seconds: number) {
  const clock = new ManualClock(1_000_000);
  let sent = 0;
  const context = {
    clock,
    chainNow: () => 1_000_000,
    random: { bytes: (length: number) => new Uint8Array(length) },
    executorKey: `0x${"11".repeat(32)}`,
    deployment: { chainId: 26170, deals: `0x${"22".repeat(20)}` },
    transport: {
      async *read(...[, , ticket, , signal]: Parameters<Context["transport"]["read"]>) {
        for (let left = Number(ticket.message.length); left > 0; left -= size) {
          await clock.sleep(seconds, signal);
          if (signal?.aborted) return;
          sent += Math.min(size, left);
          yield Buffer.alloc(Math.min(size, left));
        }
      },
    },
  } as unknown as Context;
  const fetch = async (length: number, pace?: Pace) => {
    let over = false;
    const taking = pace === undefined ? {} : { pace };
    const fetched = fetchRange(context, holder, undefined as never, 0, length, never, taking).finally(() => {
      over = true;
    });
    fetched.catch(() => undefined);
    while (!over) {
      await new Promise(setImmediate);
      clock.advance(1);
    }
    return fetched;
  };
  return { clock, fetch, sent: () => sent };
}

it("leaves a provider that is never silent, and sends next to nothing", async () => {
  const trickling = provider(1, 9);
  await expect(trickling.fetch(50_000)).rejects.toMatchObject({ code: "provider-timeout" });
  expect(trickling.sent()).toBeGreaterThan(1);
  expect(trickling.sent()).toBeLessThan(6);
});

it("waits for a slow line that goes on", async () => {
  const slow = provider(20_000, 1);
  expect(await slow.fetch(2_000_000)).toHaveLength(2_000_000);
  expect(slow.clock.monotonic()).toBeGreaterThan(90_000);
});

it("gives all ranges of one pace one time to begin", async () => {
  const halting = provider(1000, 9);
  const pace = new Pace(100_000);
  for (let i = 0; i < 2; i++) expect(await halting.fetch(1000, pace)).toHaveLength(1000);
  const others = async () => {
    for (let i = 0; i < 2; i++) await halting.fetch(1000, pace);
  };
  await expect(others()).rejects.toMatchObject({ code: "provider-timeout" });
});

it("gives back the time that the bytes did not take", async () => {
  const quick = provider(1_000_000, 1);
  const pace = new Pace(100_000);
  for (let i = 0; i < 20; i++) expect(await quick.fetch(1_000_000, pace)).toHaveLength(1_000_000);
});
