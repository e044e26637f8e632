import { listDistrust, listEvents } from "@cairn/catalog";
import type { ManualClock, SlotState } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gatheredCandidates } from "../candidates.ts";
import { HandOverPlaces } from "../hand-over-places.ts";
import { loadPackage } from "../package-rows.ts";
import { applyToEach } from "../slot-events.ts";
import { hex, ID, type MarketWorld, OWNER, openMarketWorld } from "../testing/market-world.ts";
import { healSlot } from "./heal-slot.ts";
import { handOverOf } from "./store-shard.ts";

const BAD = hex(200, 20);

let world: MarketWorld;
let there: boolean;
let asked: number;

beforeEach(async () => {
  world = await openMarketWorld();
  there = true;
  asked = 0;
  const transport = {
    reachable: () => there,
    seek: async () => undefined,
    request: async () => {
      asked++;
      throw new CairnError("no answer", { code: "provider-timeout", kind: "unavailable" });
    },
  };
  Object.assign(world.context, { transport, stores: new HandOverPlaces(1), executorKey: hex(0xe) });
  await world.addPackage("STORED");
});
afterEach(() => world.database.drop());

const damaged: Partial<SlotState> = { phase: "ACTIVE", healing: true, source: "rebuilt" };
const heal = async () =>
  healSlot(
    world.context,
    await loadPackage(world.database.pool, ID),
    (await world.slots())[0]!,
    new AbortController().signal,
  );
const told = async () =>
  (await listEvents(world.database.pool, { limit: 100 })).filter(({ kind }) => kind === "shard-not-healed");

describe("a heal that its provider lets hang", () => {
  it("is tried again more and more rarely, ten minutes apart at most, and told of once", async () => {
    await world.addSlots([damaged]);
    const clock = world.context.clock as ManualClock;
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      await heal();
      const { dueAt } = (await world.slots())[0]!.state;
      pauses.push(dueAt - clock.now());
      expect(await told()).toHaveLength(i < 2 ? 0 : 1);
      clock.advance(pauses.at(-1)!);
    }
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600]);
    expect((await told())[0]!.message).toContain("3 times in a row: no answer");
    expect(asked).toBe(9);
  });

  it("counts as a broken promise, and its provider is no candidate while it is not let be healed", async () => {
    await world.addSlots([{ ...damaged, provider: BAD }]);
    for (const provider of [BAD, hex(201, 20)])
      await world.database.pool.query(
        `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, active, updated_block)
         values ($1, $1, $1, 100000000, 1000, 0, 1, 'here', '', true, 1)`,
        [provider],
      );
    const among = async () => (await gatheredCandidates(world.context, 2)).find(({ provider }) => provider === BAD);
    const clock = world.context.clock as ManualClock;
    for (let i = 0; i < 6; i++) {
      expect(await among()).toMatchObject({ distrust: i < 3 ? 0 : 1 });
      await heal();
      clock.advance(1);
    }
    expect(await among()).toBeUndefined();
    expect((await listDistrust(world.database.pool)).get(BAD)).toMatchObject({ kind: "unhealed", level: 1 });
    const spared = (await listEvents(world.database.pool, { limit: 100 })).filter(
      ({ kind }) => kind === "shard-spared",
    );
    expect(spared.map(({ message }) => message)).toEqual([expect.stringContaining("6 times in a row: no answer")]);
    await applyToEach(world.context, ID, await world.slots(), () => ({ type: "healed" }));
    expect(await among()).toBeDefined();
  });

  it("goes before a first copy once, and after it when it is tried again", async () => {
    const [slot] = await world.addSlots([damaged]);
    const first = { ...slot!, state: { ...slot!.state, provider: hex(7, 20) } };
    const order: string[] = [];
    for (const failures of [0, 1]) {
      const places = new HandOverPlaces(1);
      Object.assign(world.context, { stores: places });
      await world.database.pool.query("update catalog.slots set attempts = $1, next_due_at = null", [failures]);
      let release: () => void = () => undefined;
      const running = places.run(
        { provider: hex(8, 20), owner: OWNER, package: ID, priority: 0 },
        () => new Promise<void>((resolve) => (release = resolve)),
      );
      const before = asked;
      const healing = heal();
      await expect.poll(() => places.waiting).toBe(1);
      const storing = places.run(handOverOf({ id: ID, owner: OWNER }, first, 0), async () => {
        order.push(asked > before ? "after the heal" : "before the heal");
      });
      release();
      await Promise.all([running, healing, storing]);
    }
    expect(order).toEqual(["after the heal", "before the heal"]);
  });

  it("holds nothing against a provider that is not there: it is looked for again soon", async () => {
    await world.addSlots([damaged]);
    there = false;
    for (let i = 0; i < 5; i++) await heal();
    const { failures, dueAt, cause } = (await world.slots())[0]!.state;
    expect({ failures, pause: dueAt - world.context.clock.now() }).toEqual({ failures: 0, pause: 10 });
    expect(cause).toContain("is not connected");
    expect(asked).toBe(0);
  });
});
