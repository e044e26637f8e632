import { Leases } from "@cairn/catalog";
import type { Transport } from "@cairn/core";
import { machineClock } from "@cairn/process";
import type { DealId } from "@cairn/protocol";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Context } from "./context.ts";
import { Engine } from "./engine.ts";
import { HandOverPlaces } from "./hand-over-places.ts";
import { noteAway } from "./note-away.ts";
import { removePackage } from "./remove-package.ts";
import { hex, MANIFEST, type MarketWorld, NOW, OWNER, openMarketWorld } from "./testing/market-world.ts";

const SLOW = { timeout: 30_000 };
const LEASE_SECONDS = 2;

/** One gateway of the database; its providers hang until they are let go. */
interface Gateway {
  context: Context;
  engine: Engine;
  leases: Leases;
  asked: DealId[];
  /** Every hanging provider refuses. */
  letGo(): void;
}

let world: MarketWorld;
let gateways: Gateway[];

beforeEach(async () => {
  world = await openMarketWorld();
  gateways = [];
});
afterEach(async () => {
  await Promise.all(gateways.map(({ engine }) => engine.stop()));
  await Promise.all(gateways.map(({ leases }) => leases.close()));
  await world.database.drop();
});

function gateway(name: string, spoolId: string): Gateway {
  const stopping = new AbortController();
  const hung = new Set<() => void>();
  const asked: DealId[] = [];
  const hanging = async (_: unknown, { deal }: { deal: DealId }) => {
    asked.push(deal);
    await new Promise((_, reject) => {
      hung.add(() => reject(new Error("the provider went away")));
      stopping.signal.addEventListener("abort", () => reject(new Error("stopped")));
    });
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const leases = new Leases({ pool: world.database.pool, gateway: name, log, leaseSeconds: LEASE_SECONDS });
  const context: Context = {
    ...world.context,
    ...{ clock: machineClock, chainNow: () => NOW, executorKey: hex(0xe), startedAt: Number.NEGATIVE_INFINITY, log },
    ...{ stopping: stopping.signal, stores: new HandOverPlaces(400), leases, spoolId },
    ...{ interrupts: new Map(), committing: new Map(), wake: () => undefined },
    spool: { packages: async () => [], received: async () => new Map() } as never,
    transport: { reachable: () => true, seek: async () => undefined, request: hanging } as unknown as Transport,
  };
  const made = {
    context,
    engine: new Engine(context, stopping),
    leases,
    asked,
    letGo() {
      for (const go of hung) go();
    },
  };
  gateways.push(made);
  return made;
}

const idOf = (number: number) => number.toString(16).padStart(32, "0");

/** A package with one shard to be handed over, whose upload lies in a spool. */
async function add(number: number, spool: string | null): Promise<void> {
  const id = idOf(number);
  await world.addPackage("PLACING", { id, name: number });
  await world.addSlots([{ phase: "PROPOSED", deal: hex(number), provider: hex(number, 20), deadline: NOW + 900 }], id);
  await world.database.pool.query(
    `update catalog.packages set document = 'document', manifest_sha256 = $2, manifest_size = 1, manifest_key = 'm', next_due_at = now(),
       spool = $3 where id = $1`,
    [id, hex(1), spool],
  );
}

it("drives each package in one gateway", async () => {
  const [one, other] = [gateway("one", "shared"), gateway("other", "shared")];
  await Promise.all([one.leases.start(), other.leases.start()]);
  for (let i = 1; i <= 6; i++) await add(i, "shared");
  await Promise.all([one.engine.start(), other.engine.start()]);
  await expect.poll(() => one.asked.length + other.asked.length, SLOW).toBe(6);
  // Longer than the leases that are renewed meanwhile.
  await machineClock.sleep(LEASE_SECONDS * 2);
  expect([...one.asked, ...other.asked].sort()).toEqual([1, 2, 3, 4, 5, 6].map((i) => hex(i)));
});

it("goes on with what a stopped gateway drove, which writes nothing when it wakes", async () => {
  // Never renews: as a process that is stopped.
  const stopped = gateway("stopped", "shared");
  await add(1, "shared");
  await stopped.engine.start();
  await expect.poll(() => stopped.asked, SLOW).toEqual([hex(1)]);
  const successor = gateway("successor", "shared");
  await successor.leases.start();
  await successor.engine.start();
  await expect.poll(() => successor.asked, SLOW).toEqual([hex(1)]);
  const slot = async () => (await world.database.pool.query("select * from catalog.slots")).rows;
  const before = await slot();
  stopped.letGo();
  await machineClock.sleep(2);
  expect(await slot()).toEqual(before);
  expect(successor.asked).toEqual([hex(1)]);
  // Its successor may write.
  successor.letGo();
  await vi.waitFor(async () => expect(await slot()).not.toEqual(before), SLOW);
});

it("leaves what waits for bytes to the gateway that has them, and says what to do when that is gone", async () => {
  const here = gateway("here", "spool of here");
  await here.leases.start();
  await add(1, "spool of another");
  await add(2, "spool of here");
  const { pool } = world.database;
  await pool.query(
    `insert into catalog.gateways (id, holder, spool, url, seen_at)
     values ('another', 'x', 'spool of another', 'http://another', now() - interval '5 minutes')`,
  );
  await here.engine.start();
  await expect.poll(() => here.asked, SLOW).toEqual([hex(2)]);
  await noteAway(here.context);
  const said = async () =>
    (await pool.query("select cause, next from catalog.packages where id = $1", [idOf(1)])).rows[0] as {
      cause: string | null;
      next: string | null;
    };
  expect(await said()).toMatchObject({
    cause: expect.stringContaining("is away"),
    next: expect.stringMatching(/Start the gateway of http:\/\/another again.*put the folder again/),
  });
  await pool.query("update catalog.gateways set seen_at = now()");
  await noteAway(here.context);
  expect(await said()).toEqual({ cause: null, next: null });
  expect(here.asked).toEqual([hex(2)]);
});

it("takes a package that is removed at one gateway out of the other's hands", async () => {
  const driving = gateway("driving", "shared");
  await driving.leases.start();
  await add(1, "shared");
  await driving.engine.start();
  await expect.poll(() => driving.asked, SLOW).toEqual([hex(1)]);
  const removing = gateway("removing", "shared");
  Object.assign(world.ledger, {
    package: async () => ({ lastPeriod: 7 }),
    packageReserve: async () => 0n,
    deal: async (deal: DealId) => ({ deal, state: "PROPOSED", deadline: NOW + 900 }),
  });
  const termination = world.sign("Termination", {
    documentHash: MANIFEST,
    expiry: BigInt(NOW + 60),
    owner: OWNER,
  } as never);
  await removePackage(removing.context, { id: idOf(1), termination: termination as never });
  driving.letGo();
  await machineClock.sleep(1);
  const { rows } = await world.database.pool.query("select state, attempts from catalog.slots");
  expect(rows).toEqual([{ state: "PROPOSED", attempts: 0 }]);
});
