import { ensureAccount } from "@cairn/catalog";
import type { Transport } from "@cairn/core";
import { machineClock } from "@cairn/process";
import type { DealId } from "@cairn/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Engine } from "./engine.ts";
import { HandOverPlaces } from "./hand-over-places.ts";
import { hex, type MarketWorld, NOW, openMarketWorld } from "./testing/market-world.ts";

const SLOW = { timeout: 20_000 };

let world: MarketWorld;
let engine: Engine;
/** Deals that providers were asked to take, each of another package; every provider hangs until it is let go. */
let asked: DealId[];
let letGo: Map<DealId, () => void>;

beforeEach(async () => {
  world = await openMarketWorld();
  asked = [];
  letGo = new Map();
  const stopping = new AbortController();
  const hanging = async (_: unknown, { deal }: { deal: DealId }) => {
    asked.push(deal);
    await new Promise((_, reject) => {
      letGo.set(deal, () => reject(new Error("the provider went away")));
      stopping.signal.addEventListener("abort", () => reject(new Error("stopped")));
    });
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  Object.assign(world.context, {
    ...{ clock: machineClock, chainNow: () => NOW, executorKey: hex(0xe), startedAt: Number.NEGATIVE_INFINITY, log },
    ...{ stopping: stopping.signal, stores: new HandOverPlaces(400), spool: { packages: async () => [] } },
    transport: { reachable: () => true, seek: async () => undefined, request: hanging } as unknown as Transport,
  });
  engine = new Engine(world.context, stopping);
});
afterEach(async () => {
  await engine.stop();
  await world.database.drop();
});

/** A package that is due, with one shard that is to be handed over, the one of the deal `hex(number)`. */
async function add(number: number, account: string, state: "PLACING" | "DEGRADED" = "PLACING"): Promise<void> {
  const id = number.toString(16).padStart(32, "0");
  const { pool } = world.database;
  await ensureAccount(pool, account);
  await world.addPackage(state, { id, account, name: number });
  const live = [100_000, 200_000].map((from) => ({ phase: "ACTIVE", deal: hex(from + number) }) as const);
  await world.addSlots(
    [
      { phase: "PROPOSED", deal: hex(number), provider: hex(number, 20), deadline: NOW + 900 },
      ...(state === "DEGRADED" ? live : []),
    ],
    id,
  );
  await pool.query(
    `update catalog.packages set document = 'document', manifest_sha256 = $2, manifest_size = 1, manifest_key = 'm', next_due_at = now()
     where id = $1`,
    [id, hex(1)],
  );
}

it("drives the put of one account while eight of another wait for providers that hang", async () => {
  for (let i = 1; i <= 9; i++) await add(i, "other");
  await engine.start();
  await expect.poll(() => asked.length, SLOW).toBe(8);
  await add(100, "local");
  await expect.poll(() => asked.at(-1), SLOW).toBe(hex(100));
  expect(asked).toHaveLength(9);
});

it("repairs a package of an account whose waiting puts fill its room", async () => {
  for (let i = 1; i <= 45; i++) await add(i, "other");
  await engine.start();
  await expect.poll(() => asked.length, SLOW).toBe(8);
  await add(5000, "other", "DEGRADED");
  await expect.poll(() => asked.at(-1), SLOW).toBe(hex(5000));
  expect(asked).toHaveLength(9);
});

it("repairs the package whose weakest piece is at risk before others, however many shards its other pieces have", async () => {
  const { pool } = world.database;
  // As many packages of one piece as the lane drives of one account, and more: each has one live shard over k.
  for (let i = 1; i <= 20; i++) await add(i, "other", "DEGRADED");
  // Of 30 pieces 29 are whole; of the first no shard is live, and one is at hand to be handed over.
  await add(5000, "other", "DEGRADED");
  const id = (5000).toString(16).padStart(32, "0");
  await pool.query("delete from catalog.slots where package = $1 and shard > 0", [id]);
  await pool.query(
    `insert into catalog.slots (package, piece, shard, commitment, raw_length, state)
     select $1, piece, shard, '0x', 127, 'ACTIVE' from generate_series(1, 29) as piece, generate_series(0, 2) as shard`,
    [id],
  );
  await engine.start();
  await expect.poll(() => asked.length, SLOW).toBe(16);
  expect(asked).toContain(hex(5000));
}, 60_000);

it("repairs a package while the puts of more accounts wait than there is room for", async () => {
  for (let i = 1; i <= 250; i++) await add(i, `account ${i}`);
  await engine.start();
  await expect.poll(() => asked.length, SLOW).toBe(64);
  await add(5000, "local", "DEGRADED");
  await expect.poll(() => asked.at(-1), SLOW).toBe(hex(5000));
  expect(asked).toHaveLength(65);
}, 60_000);

it("gives the room that one account's put leaves to an account that has none, though others wait longer", async () => {
  for (let i = 0; i < 8; i++) for (let j = 1; j <= 9; j++) await add(10 * i + j, `account ${i}`);
  await engine.start();
  await expect.poll(() => asked.length, SLOW).toBe(64);
  await add(5000, "local");
  letGo.get(asked[0]!)!();
  await expect.poll(() => asked.length, SLOW).toBe(65);
  expect(asked.at(-1)).toBe(hex(5000));
});
