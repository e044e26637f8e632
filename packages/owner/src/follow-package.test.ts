import type { EventJson, PackageDetailJson } from "@cairn/client";
import { machineClock } from "@cairn/process/machine-clock";
import { CairnError } from "@cairn/protocol";
import { expect, it } from "vitest";
import { followCommitments, followPlacing, handOver } from "./follow-package.ts";

const slot = (state: string) => ({
  ...{ piece: 0, shard: 0, deal: null, provider: null, commitment: null, cause: null },
  state,
  rawLength: 100,
});

it.each([
  [["EMPTY", "QUOTED"], 0, 0],
  [["PROPOSED", "PROPOSED"], 50, 25],
  [["RECEIPTED", "PROPOSED"], 130, 65],
  [["ACTIVE", "RECEIPTED"], 200, 150],
  [["ACTIVE", "ACTIVE"], 200, 200],
])("of %j, with %i bytes at providers, is at byte %i of 200", (states, handedOver, done) => {
  expect(handOver({ slots: states.map(slot), handedOver })).toEqual({ done, total: 200 });
});

it.each([
  { state: "COMMITTING", progress: { done: 500, total: 2000 }, told: [[500, 2000]] },
  // Of shards, of which each takes several steps.
  { state: "COMMITTED", progress: { done: 0, total: 32 }, told: [] },
])("takes only the progress of the commitments for theirs: $state", async ({ state, progress, told }) => {
  const gateway = { package: async () => ({ state, progress }) as never };
  const updates: number[][] = [];
  const committing = machineClock.sleep(0.02).then(() => "done");
  const update = (done: number, total: number) => void updates.push([done, total]);
  expect(await followCommitments({ gateway, clock: machineClock }, "1", committing, update)).toBe("done");
  expect(updates).toEqual(told);
});

const ID = "ab".repeat(16);
const placing = (state: string, id = ID) =>
  ({ id, state, slots: [slot("PROPOSED")], handedOver: 0 }) as PackageDetailJson;
const event = { id: 1, package: ID } as EventJson;

const LONG = 5;

/** Time that passes at once, but for what is longer than a few seconds; and what was waited for. */
function patience() {
  const slept: number[] = [];
  const clock = {
    sleep: async (seconds: number, signal?: AbortSignal) => {
      if (signal?.aborted) return;
      slept.push(seconds);
      await new Promise<void>((resolve) => {
        signal?.addEventListener("abort", () => resolve());
        if (seconds < LONG) setImmediate(resolve);
      });
    },
  };
  return { clock, slept };
}

it("looks at a package when something happened to it, and is told of another no sooner", async () => {
  let state = "PLACING";
  let looks = 0;
  const gateway = {
    async *live(_: AbortSignal, onOpen: () => void) {
      onOpen();
      await machineClock.sleep(0.02);
      yield { ...event, package: "cd".repeat(16) };
      state = "STORED";
      yield event;
      await new Promise(() => undefined);
    },
    package: async () => {
      looks += 1;
      return placing(state);
    },
  };
  const options = { signal: new AbortController().signal, update: () => undefined };
  const started = performance.now();
  expect(await followPlacing({ gateway, clock: machineClock }, ID, options)).toMatchObject({ state: "STORED" });
  expect(performance.now() - started).toBeLessThan(2500);
  expect(looks).toBeLessThanOrEqual(3);
});

async function* failing(error: Error): AsyncGenerator<EventJson> {
  yield* [];
  throw error;
}

it.each([
  ["refuses it", () => failing(new CairnError("no", { code: "no-such-route", kind: "missing" }))],
  ["ends at once", async function* () {}],
] as [string, () => AsyncGenerator<EventJson>][])(
  "looks about once a second while the gateway's socket %s, and asks for it again only later",
  async (_, live) => {
    const { clock, slept } = patience();
    let looks = 0;
    let asked = 0;
    const gateway = {
      live: () => {
        asked += 1;
        return live();
      },
      package: async () => placing(looks++ < 6 ? "PLACING" : "STORED"),
    };
    const options = { signal: new AbortController().signal, update: () => undefined };
    await followPlacing({ gateway, clock }, ID, options);
    expect(looks).toBe(7);
    expect(slept.filter((seconds) => seconds < LONG).reduce((sum, seconds) => sum + seconds, 0)).toBe(6);
    expect(slept.filter((seconds) => seconds >= LONG)).toEqual([5]);
    expect(asked).toBe(1);
  },
);

it("believes no answer on another package, and stops at once", async () => {
  const live = async function* () {};
  const other = { live, package: async () => placing("STORED", "cd".repeat(16)) };
  const interrupted = new AbortController();
  const options = { signal: interrupted.signal, update: () => undefined };
  await expect(followPlacing({ gateway: other, clock: machineClock }, ID, options)).rejects.toMatchObject({
    code: "gateway-lies",
  });
  const slow = { live, package: async () => placing("PLACING") };
  const following = followPlacing({ gateway: slow, clock: machineClock }, ID, options);
  interrupted.abort(new Error("enough"));
  await expect(following).rejects.toThrow("enough");
});
