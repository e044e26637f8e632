import { ManualClock } from "@cairn/core";
import { expect, it } from "vitest";
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
