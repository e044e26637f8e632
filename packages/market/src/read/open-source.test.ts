import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadPackage } from "../package-rows.ts";
import { Spool } from "../spool.ts";
import { EXECUTOR, hex, ID, MANIFEST, type MarketWorld, NOW, openMarketWorld } from "../testing/market-world.ts";
import { ensureIndexed } from "./open-source.ts";

let world: MarketWorld;
let directory: string;
/** Reads of a shard that were begun, and what ended them. */
let reads: { signal: AbortSignal }[];

beforeEach(async () => {
  world = await openMarketWorld();
  directory = await mkdtemp(join(tmpdir(), "cairn-index-"));
  reads = [];
  await world.addPackage("STORED");
  await world.addSlots([{ phase: "ACTIVE", source: "none" }]);
  await world.database.pool.query(
    "insert into catalog.pieces (package, number, length, comm_p) values ($1, 0, 100, $2)",
    [ID, hex(0)],
  );
  Object.assign(world.context, {
    executorKey: hex(0xe),
    spool: new Spool(directory),
    random: { bytes: (length: number) => new Uint8Array(length) },
    transport: {
      reachable: () => true,
      seek: async () => undefined,
      async *read(...given: unknown[]) {
        const signal = given.at(-1) as AbortSignal;
        reads.push({ signal });
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    },
  });
});
afterEach(async () => {
  await world.database.drop();
  await rm(directory, { recursive: true });
});

it("fetches a piece to be indexed for all who read it, until the last one leaves", async () => {
  const row = await loadPackage(world.database.pool, ID);
  const message = { documentHash: MANIFEST, audience: EXECUTOR, expiry: BigInt(NOW + 9999) };
  const capability = world.sign("ReadCapability", message);
  const [one, other] = [new AbortController(), new AbortController()];
  const index = (signal: AbortSignal) =>
    ensureIndexed(world.context, row, capability, signal).catch((error: Error) => error.message);
  const first = index(one.signal);
  await expect.poll(() => reads.length).toBe(1);
  let ended = false;
  const second = index(other.signal).finally(() => (ended = true));
  await world.database.pool.query("select 1");
  await new Promise((resolve) => setTimeout(resolve, 100));
  one.abort(new Error("the first left"));
  expect(await first).toBe("the first left");
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect([ended, reads.length, reads[0]!.signal.aborted]).toEqual([false, 1, false]);
  other.abort(new Error("the second left"));
  expect(await second).toBe("the second left");
  await expect.poll(() => reads[0]!.signal.aborted).toBe(true);
});
