import { ManualClock } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import { expect, it } from "vitest";
import { watchHandOver } from "./drive/watch-hand-over.ts";
import { HandOverPlaces } from "./hand-over-places.ts";
import { HandedBytes } from "./handed-bytes.ts";
import { OwnLine, SLOWEST_BYTES_PER_SECOND, SLOWEST_LINE_BYTES_PER_SECOND } from "./own-line.ts";
import { hex } from "./testing/market-world.ts";

const MiB = 1 << 20;
const PLACES = 8;
const turn = () => new Promise((resolve) => setImmediate(resolve));

interface Shard {
  /** Bytes a second that its provider takes at most; as much as comes unless set. */
  at?: number;
  owner?: number;
  bytes: number;
}

/**
 * Hand-overs of shards, each to a provider of its own, over the gateway's one line, which those that run share alike; one that fails goes on once where it
 * was, as a slot does. Resolves with the code that each ended with, when, and how many ran at once, after `seconds` at most.
 */
async function handOver(
  line: number,
  shards: readonly Shard[],
  { seconds = 20_000, mimic = false, again = false } = {},
) {
  const [clock, handed, places] = [new ManualClock(1000), new HandedBytes(), new HandOverPlaces(PLACES)];
  const running = new Map<number, { left: number; most: number; done(): void }>();
  const ended: { code: string; at: number }[] = shards.map(() => ({ code: "runs", at: 0 }));
  let [now, most] = [0, 0];
  const one = async (i: number) => {
    const { bytes, at = Number.POSITIVE_INFINITY, owner = 1 } = shards[i]!;
    const limitSeconds = 60 + Math.ceil(bytes / SLOWEST_BYTES_PER_SECOND);
    const { signal } = new AbortController();
    const asked = { provider: hex(i + 1, 20), owner: hex(owner, 20), package: `p${i >> 2}`, priority: 0 };
    let left = bytes;
    const attempt = () =>
      places.run(asked, (place) =>
        watchHandOver({ clock, handed }, hex(i + 1), { place, limitSeconds, signal }, (watched) => {
          return new Promise<void>((resolve, reject) => {
            running.set(i, { left, most: at, done: resolve });
            watched.addEventListener("abort", () => reject(watched.reason));
          });
        }),
      );
    const result = (run: Promise<void>) =>
      run.then(
        () => "done",
        (error: unknown) => (error instanceof CairnError ? error.code : String(error)),
      );
    let code = await result(attempt());
    left = running.get(i)!.left;
    if (code !== "done" && again) code = await result(attempt());
    running.delete(i);
    ended[i] = { code, at: now };
  };
  const all = Promise.all(shards.map((_, i) => one(i)));
  for (; now < seconds && ended.some(({ code }) => code === "runs"); now += 1) {
    await turn();
    most = Math.max(most, running.size);
    const quick = [...running.values()].filter((it) => !Number.isFinite(it.most)).length;
    const slow = running.size - quick;
    for (const [i, it] of running) {
      // Slow ones that act as if the line were full take less the more there are.
      const wanted = mimic && Number.isFinite(it.most) ? (it.most * PLACES) / Math.max(PLACES, slow + quick) : it.most;
      const took = Math.round(Math.min(wanted, line / running.size, it.left));
      const part = { length: took } as Uint8Array;
      for await (const _ of handed.count(hex(i + 1), 0, parts(part)));
      it.left -= took;
      if (it.left <= 0) it.done();
    }
    clock.advance(1);
    await turn();
  }
  void all;
  return { ended, codes: new Set(ended.map(({ code }) => code)), seconds: now, most };
}

async function* parts(part: Uint8Array) {
  yield part;
}

const times = (count: number, shard: Shard) => Array.from({ length: count }, () => shard);

it.each([
  ["1 GiB at 1 MB/s", 1e6, 4],
  ["4 GiB at 2 MB/s", 2e6, 16],
  ["10 GiB at 5 MB/s", 5e6, 40],
])(
  "has a slow line of the gateway's own hand all shards over, in about the time that it takes: %s",
  async (_, line, count) => {
    const bytes = 508 * MiB;
    const { codes, seconds, most } = await handOver(line, times(count, { bytes }), { again: true });
    expect(codes).toEqual(new Set(["done"]));
    expect(seconds).toBeLessThan(((bytes * count) / line) * 1.1);
    // Most of them one after another: those that are done are so long before the last.
    if (count > 2 * PLACES) expect(most).toBeLessThan(2 * PLACES);
  },
);

it("gives the places of slow providers to others at once where the line has room, and ends them in their time", async () => {
  const slow = times(PLACES, { bytes: 100 * MiB, at: 10_000, owner: 1 });
  const quick = times(6, { bytes: 100 * MiB, owner: 2 });
  const { ended } = await handOver(20e6, [...slow, ...quick], { seconds: 2000 });
  for (const { code, at } of ended.slice(PLACES)) {
    expect(code).toBe("done");
    expect(at).toBeLessThan(120);
  }
  for (const { code, at } of ended.slice(0, PLACES)) {
    expect(code).toBe("provider-timeout");
    expect(at).toBeLessThan(60 + (100 * MiB) / SLOWEST_BYTES_PER_SECOND + 60);
  }
});

it("lets others in though slow providers hold every place and act as if the line were full", async () => {
  for (const at of [10_000, 400_000]) {
    const slow = times(3 * PLACES, { bytes: 508 * MiB, at, owner: 1 });
    const quick = times(6, { bytes: 100 * MiB, owner: 2 });
    const { ended } = await handOver(20e6, [...slow, ...quick], { mimic: true, seconds: 2000 });
    for (const { code, at: end } of ended.slice(3 * PLACES)) {
      expect(code).toBe("done");
      expect(end).toBeLessThan(600);
    }
  }
});

it("holds nobody up that feigns a line which carries next to nothing: two that share bytes are ended in their time", () => {
  for (const all of [20, SLOWEST_LINE_BYTES_PER_SECOND - 1, SLOWEST_LINE_BYTES_PER_SECOND]) {
    const line = new OwnLine();
    line.begin(0);
    line.see({ own: all, all, now: 20_000 });
    line.begin(20_000);
    const look = { own: all / 2, all, now: 40_000 };
    line.see(look);
    expect(line.isFull()).toBe(true);
    expect([all, line.isHeldUp(look)]).toEqual([all, all >= SLOWEST_LINE_BYTES_PER_SECOND]);
  }
});
