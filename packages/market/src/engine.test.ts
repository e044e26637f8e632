import type { Transport } from "@cairn/core";
import { machineClock } from "@cairn/process";
import type { DealId } from "@cairn/protocol";
import { expect, it } from "vitest";
import { Engine } from "./engine.ts";
import { HandOverPlaces } from "./hand-over-places.ts";
import { hex, NOW, openMarketWorld } from "./testing/market-world.ts";

it("drives the put of one account while eight of another wait for providers that hang", async () => {
  const world = await openMarketWorld();
  const { context, database } = world;
  const stopping = new AbortController();
  const asked: DealId[] = [];
  const hanging = async (_: unknown, { deal }: { deal: DealId }) => {
    asked.push(deal);
    await new Promise((_, reject) => stopping.signal.addEventListener("abort", () => reject(new Error("stopped"))));
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  Object.assign(context, {
    ...{ clock: machineClock, chainNow: () => NOW, executorKey: hex(0xe), startedAt: Number.NEGATIVE_INFINITY, log },
    ...{ stopping: stopping.signal, stores: new HandOverPlaces(16), spool: { packages: async () => [] } },
    blobs: {
      async *list() {
        yield* [];
      },
    },
    transport: { reachable: () => true, seek: async () => undefined, request: hanging } as unknown as Transport,
  });
  const put = async (number: number, account: string) => {
    const id = number.toString(16).padStart(32, "0");
    await world.addPackage("PLACING", { id, account, name: number });
    await world.addSlots(
      [{ phase: "PROPOSED", deal: hex(number), provider: hex(number, 20), deadline: NOW + 900 }],
      id,
    );
    await database.pool.query(
      `update catalog.packages set document = 'document', manifest_sha256 = $2, manifest_size = 1, manifest_key = 'm', next_due_at = now()
       where id = $1`,
      [id, hex(1)],
    );
  };
  const engine = new Engine(context, stopping);
  try {
    for (let i = 1; i <= 9; i++) await put(i, "other");
    await engine.start();
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(8);
    await put(100, "local");
    await expect.poll(() => asked.at(-1), { timeout: 20_000 }).toBe(hex(100));
    expect(asked).toHaveLength(9);
  } finally {
    await engine.stop();
    await database.drop();
  }
});
