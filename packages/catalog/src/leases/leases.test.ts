import { setTimeout as sleep } from "node:timers/promises";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { catalogMigrations } from "../migrations.ts";
import { announceGateway, listGateways } from "./gateways.ts";
import { Leases } from "./leases.ts";

let database: TestDatabase;
let open: Leases[];
beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
});
afterAll(() => database.drop());
beforeEach(async () => {
  open = [];
  await database.pool.query("truncate catalog.leases, catalog.gateways");
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.map((one) => one.close()));
});

function gateway(id: string, leaseSeconds?: number): Leases {
  const leases = new Leases({
    pool: database.pool,
    gateway: id,
    log: { warn: () => undefined },
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
  });
  open.push(leases);
  return leases;
}

/** As if so much time had passed for the database. */
const expire = (name: string) =>
  database.pool.query("update catalog.leases set expires_at = now() - interval '1 second' where name = $1", [name]);

describe("Leases", () => {
  it("lets one process at a time have a name, and the next when it is given back", async () => {
    const [here, there] = [gateway("here"), gateway("there")];
    const lease = await here.take("a");
    expect(await here.take("a")).toBeUndefined();
    expect(await there.take("a")).toBeUndefined();
    expect(await there.take("b")).toBeDefined();
    await lease!.assertHeld();
    await here.release(lease!);
    expect(lease!.signal.aborted).toBe(true);
    await expect(lease!.assertHeld()).rejects.toMatchObject({ code: "lease-lost" });
    const next = await there.take("a");
    expect(next!.fence).toBeGreaterThan(lease!.fence);
  });

  it("fences a process that was stopped until its lease ran out, also when nobody took it", async () => {
    const [here, there] = [gateway("here"), gateway("there")];
    const [taken, untaken] = [await here.take("taken"), await here.take("untaken")];
    await expire("taken");
    await expire("untaken");
    expect(await there.take("taken")).toBeDefined();
    for (const lease of [taken, untaken]) {
      await expect(lease!.assertHeld()).rejects.toMatchObject({ code: "lease-lost" });
      expect(lease!.signal.aborted).toBe(true);
    }
    // What it gives back late is no longer its own.
    await here.release(taken!);
    expect(await gateway("third").take("taken")).toBeUndefined();
  });

  it("keeps a successor waiting while a transaction of its holder writes", async () => {
    const [here, there] = [gateway("here"), gateway("there")];
    const lease = await here.take("a");
    const client = await database.pool.connect();
    await client.query("begin");
    await lease!.assertHeld(client);
    await expire("none");
    let taken = false;
    // The lease runs out while the transaction is open; who takes it waits for the end.
    const other = database.pool
      .query("update catalog.leases set expires_at = now() - interval '1 second' where name = 'a'")
      .then(() => there.take("a"))
      .then(() => {
        taken = true;
      });
    await sleep(200);
    expect(taken).toBe(false);
    await client.query("commit");
    client.release();
    await other;
    expect(taken).toBe(true);
  });

  it("renews what it holds, tells of what it lost, and gives everything back at its end", async () => {
    const [here, there] = [gateway("here", 2), gateway("there", 2)];
    await here.start();
    const [kept, lost] = [await here.take("kept"), await here.take("lost")];
    await database.pool.query("delete from catalog.leases where name = 'lost'");
    await vi.waitFor(() => expect(lost!.signal.aborted).toBe(true), { timeout: 10_000 });
    await sleep(3000);
    expect(await there.take("kept")).toBeUndefined();
    expect(kept!.signal.aborted).toBe(false);
    await here.close();
    expect(await there.take("kept")).toBeDefined();
  });

  it("stands for a lease that it got while its renewals asked for it, too", async () => {
    const query = database.pool.query.bind(database.pool) as (...args: unknown[]) => Promise<unknown>;
    // Answers come late: rounds begin while the first try is under way.
    vi.spyOn(database.pool, "query").mockImplementation((async (...args: unknown[]) => {
      const answer = await query(...args);
      const { name } = args[0] as { name?: string };
      if (name === "catalog-take-lease") await sleep(300);
      return answer;
    }) as never);
    const here = gateway("here", 0.5);
    await here.start();
    const [first, second] = await Promise.all([here.stand("a"), here.stand("a")]);
    expect(first).toBe(second);
    for (let look = 0; look < 10; look++) {
      expect(first!.lease?.signal.aborted).toBe(false);
      await sleep(100);
    }
  });

  it("has a standing lease whenever nobody else does", async () => {
    const [here, there] = [gateway("here", 2), gateway("there", 2)];
    await here.start();
    await there.start();
    const [first, second] = [await here.stand("a"), await there.stand("a")];
    expect(first.lease).toBeDefined();
    expect(second.lease).toBeUndefined();
    await here.close();
    await vi.waitFor(() => expect(second.lease).toBeDefined(), { timeout: 10_000 });
    expect(first.lease).toBeUndefined();
  });

  it("frees at once what an earlier process of the same home held, and nothing of others", async () => {
    const [killed, other] = [gateway("home"), gateway("other")];
    const lease = await killed.take("a");
    await other.take("b");
    const next = gateway("home");
    await next.start();
    expect(await next.take("a")).toBeDefined();
    expect(await next.take("b")).toBeUndefined();
    await expect(lease!.assertHeld()).rejects.toMatchObject({ code: "lease-lost" });
  });

  it("never has two holders that may write, whatever their clocks say and whoever is stopped", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom("take", "release", "write"), who: fc.nat(2) }),
      fc.record({ do: fc.constant("expire"), who: fc.constant(0) }),
      // A process whose clock leaps.
      fc.record({ do: fc.constant("skew"), who: fc.nat(2), seconds: fc.integer({ min: -86_400, max: 86_400 }) }),
    );
    let run = 0;
    let skew = () => 0;
    const real = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => real() + skew() * 1000);
    vi.spyOn(Date, "now").mockImplementation(() => 1_800_000_000_000 + skew() * 1000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const name = `run ${run++}`;
        const skews = [0, 0, 0];
        let turn = 0;
        skew = () => skews[turn]!;
        const processes = skews.map((_, i) => gateway(`gateway ${i}`));
        const leases = skews.map((): Awaited<ReturnType<Leases["take"]>> => undefined);
        let holder: number | undefined;
        let fence = 0;
        for (const one of steps) {
          turn = one.who;
          const lease = leases[turn];
          if (one.do === "expire") {
            await expire(name);
            holder = undefined;
          } else if (one.do === "skew") skews[turn] = (one as { seconds: number }).seconds;
          else if (one.do === "take") {
            const taken = await processes[turn]!.take(name);
            expect(taken !== undefined).toBe(holder === undefined);
            if (taken === undefined) continue;
            expect(taken.fence).toBeGreaterThan(fence);
            fence = taken.fence;
            leases[turn] = taken;
            holder = turn;
          } else if (lease === undefined) continue;
          else if (one.do === "release") {
            await processes[turn]!.release(lease);
            if (holder === turn && lease.fence === fence) holder = undefined;
          } else {
            const may = await lease.assertHeld().then(
              () => true,
              () => false,
            );
            expect(may).toBe(holder === turn && lease.fence === fence);
          }
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe("announceGateway", () => {
  it("names each gateway of the database once, with its newest URL", async () => {
    await announceGateway(database.pool, { id: "a", holder: "1", spool: "s" });
    await announceGateway(database.pool, { id: "b", holder: "2", spool: "t", url: "http://b" });
    await announceGateway(database.pool, { id: "a", holder: "3", spool: "s", url: "http://a" });
    const found = await listGateways(database.pool);
    expect(found.map(({ id, url }) => [id, url]).sort()).toEqual([
      ["a", "http://a"],
      ["b", "http://b"],
    ]);
    expect(found[0]!.silentSeconds).toBeLessThan(60);
  });
});
