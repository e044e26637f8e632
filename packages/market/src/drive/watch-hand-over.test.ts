import { faultOf, ManualClock } from "@cairn/core";
import type { CairnError } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { HandedBytes } from "../handed-bytes.ts";
import { hex } from "../testing/market-world.ts";
import { watchHandOver } from "./watch-hand-over.ts";

const DEAL = hex(1);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A hand-over of which `take` bytes are taken in each of some 15 seconds; what became of it. */
async function watched(takes: readonly number[], limitSeconds = 1000) {
  const [clock, handed] = [new ManualClock(), new HandedBytes()];
  const gaveUp: number[] = [];
  let looks = 0;
  let end: () => void = () => undefined;
  const place = { giveUp: () => void gaveUp.push(looks) };
  const { signal } = new AbortController();
  const run = watchHandOver({ clock, handed }, DEAL, { place, limitSeconds, signal }, (stalled) => {
    return new Promise<void>((resolve, reject) => {
      end = resolve;
      stalled.addEventListener("abort", () => reject(new Error("aborted")));
    });
  });
  const code = run.then(
    () => "done",
    (error) => error.code,
  );
  for (const take of takes) {
    async function* bytes() {
      yield new Uint8Array(take);
    }
    for await (const _ of handed.count(DEAL, 0, bytes()));
    looks++;
    clock.advance(15);
    await turn();
  }
  end();
  return { code: await code, gaveUp };
}

it("leaves a quick hand-over its place, and has a slow one give it up", async () => {
  expect(await watched([7_500_000, 8_000_000])).toEqual({ code: "done", gaveUp: [] });
  expect(await watched([7_500_000, 7_000_000])).toEqual({ code: "done", gaveUp: [2] });
});

it("ends one that has not taken all in its time", async () => {
  expect(await watched([8_000_000, 8_000_000], 30)).toMatchObject({ code: "done" });
  expect(await watched([8_000_000, 8_000_000, 8_000_000], 30)).toMatchObject({ code: "provider-timeout" });
});

it("ends one that takes nothing for two minutes, and no other", async () => {
  const still = Array(7).fill(0);
  expect((await watched(still)).code).toBe("done");
  expect((await watched([...still, 0])).code).toBe("provider-timeout");
  expect((await watched([...still, 1, ...still, 1])).code).toBe("done");
});

/** Hand-overs that begin together, of which each takes the bytes that are named in each of some 15 seconds; what became of them. */
async function watchedTogether(
  takes: readonly (readonly number[])[],
  { handed = new HandedBytes(), clock = new ManualClock() } = {},
) {
  const { signal } = new AbortController();
  const codes = takes.map((_, i) =>
    watchHandOver({ clock, handed }, hex(i + 1), { place: undefined, limitSeconds: 10_000, signal }, (stalled) => {
      return new Promise<void>((_resolve, reject) => stalled.addEventListener("abort", () => reject(stalled.reason)));
    }).then(
      () => "done",
      (error: CairnError) => `${error.code} ${faultOf(error)}`,
    ),
  );
  for (let look = 0; look < takes[0]!.length; look++) {
    for (const [i, take] of takes.entries()) {
      async function* bytes() {
        yield new Uint8Array(take[look]!);
      }
      for await (const _ of handed.count(hex(i + 1), 0, bytes()));
    }
    clock.advance(15);
    await turn();
  }
  return Promise.all(codes.map((code) => Promise.race([code, turn().then(() => "runs")])));
}

describe("a line that carries nothing", () => {
  const still = Array(8).fill(0);
  const BUSY = "gateway-busy ours";
  const LATE = "provider-timeout unknown";

  it("is nobody's fault where nothing passes to several", async () => {
    expect(await watchedTogether([still, still])).toEqual([BUSY, BUSY]);
    expect(await watchedTogether(Array(6).fill([10, ...still]))).toEqual(Array(6).fill(BUSY));
  });

  it("excuses none that stands still alone, or that stood still while another went on", async () => {
    expect(await watchedTogether([still])).toEqual([LATE]);
    expect(await watchedTogether([[...still], [9, 9, 0, 0, 0, 0, 0, 0]])).toEqual([LATE, "runs"]);
  });

  it("excuses those that stand still together for some minutes, and not as often as they like", async () => {
    const [handed, clock] = [new HandedBytes(), new ManualClock()];
    // A few bytes in between change nothing.
    const again = () =>
      watchedTogether(
        [
          [9, ...still],
          [9, ...still],
        ],
        { handed, clock },
      );
    expect([await again(), await again(), await again()]).toEqual([
      [BUSY, BUSY],
      [BUSY, BUSY],
      [LATE, LATE],
    ]);
    clock.advance(3600);
    expect(await again()).toEqual([BUSY, BUSY]);
  });
});
