import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { listDistrust, listEvents } from "@cairn/catalog";
import { ALWAYS_ON, type ManualClock, type Transport } from "@cairn/core";
import { PieceHasher } from "@cairn/proofs";
import {
  type Address,
  addressOfKey,
  CairnError,
  type DealId,
  type ErrorCode,
  type ErrorKind,
  ProviderRefusal,
  type Quote,
  signTyped,
} from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { activateSlots } from "./drive/activate.ts";
import { quoteSlots } from "./drive/quote-slots.ts";
import { handOverOf, requestStore, storeShard } from "./drive/store-shard.ts";
import { HandOverPlaces } from "./hand-over-places.ts";
import { loadPackage, type PackageRow } from "./package-rows.ts";
import { listProviders } from "./package-status.ts";
import { applyToEach } from "./slot-events.ts";
import { findSlotByDeal, loadSlots, type SlotRow } from "./slot-rows.ts";
import { Spool } from "./spool.ts";
import { hex, type MarketWorld, openMarketWorld, SET } from "./testing/market-world.ts";

const HOUR = 3600;
/** The one shard that all of its copies are, k being 1. */
const PIECE = new Uint8Array(127).fill(3);
const KEYS = Array.from({ length: 7 }, (_, i) => hex(0x100 + i));
const PROVIDERS = KEYS.map((key) => addressOfKey(key).toLowerCase() as Address);
const REFUSER = PROVIDERS[0]!;

let world: MarketWorld;
let clock: ManualClock;
let packages = 0;
let nonces = 0;
/** What a provider answers to `store`; undefined: its receipt. */
let storeFault: (provider: Address) => CairnError | undefined;
/** What happens before the refuser answers. */
let hang: (slot: SlotRow, signal?: AbortSignal) => Promise<void>;

const coded = (code: ErrorCode, kind: ErrorKind = "conflict") => new CairnError("not now", { code, kind });

beforeEach(async () => {
  world = await openMarketWorld();
  clock = world.context.clock as ManualClock;
  packages = 0;
  hang = async () => undefined;
  storeFault = (provider) => (provider === REFUSER ? coded("refused") : undefined);
  for (const [i, provider] of PROVIDERS.entries()) {
    await world.database.pool.query(
      `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint,
         active, updated_block) values ($1, $1, $1, 100000000, 1000, 0, $2, 'here', '', true, 1)`,
      [provider, ALWAYS_ON.toString()],
    );
    if (i === 0) continue;
    // All others missed something: whoever is free to choose chooses the refuser.
    await world.database.pool.query(
      "insert into catalog.work (provider, verifier_set, owner, committed) values ($1, $2, 'somebody', 10)",
      [provider, SET],
    );
  }
  const request = async (
    provider: Address,
    asked: { type: string } & Record<string, unknown>,
    options?: { signal?: AbortSignal },
  ) => {
    const key = KEYS[PROVIDERS.indexOf(provider)]!;
    if (asked.type === "quote") {
      const { type: _, ...terms } = asked;
      const quote = {
        ...{
          ...(terms as object),
          rawLength: BigInt(asked.rawLength as number),
          provider,
          pricePerPeriod: 1n,
          egressPrice: 0n,
          duty: ALWAYS_ON,
        },
        ...{ expiry: BigInt(clock.now() + 300), nonce: hex(++nonces) },
      } as Quote;
      return { quote, signature: signTyped("Quote", quote, world.context.deployment, key) };
    }
    if (provider === REFUSER)
      await hang((await findSlotByDeal(world.database.pool, asked.deal as DealId))!, options?.signal);
    const fault = storeFault(provider);
    if (fault !== undefined) throw fault;
    const { deal, quote } = asked as unknown as { deal: `0x${string}`; quote: Quote };
    const message = { deal, commitment: quote.commitment, rawLength: quote.rawLength };
    return { receipt: signTyped("Receipt", message, world.context.deployment, key) };
  };
  const transport = { reachable: () => true, seek: async () => undefined, request } as unknown as Transport;
  Object.assign(world.context, {
    ...{
      transport,
      stores: new HandOverPlaces(8),
      executorKey: hex(0xe),
      profile: { operatorGroups: false },
      startedAt: -1e9,
    },
    stopping: new AbortController().signal,
  });
  world.ledger.provider = async (provider) => ({ hot: provider }) as never;
});
afterEach(() => world.database.drop());

const lastPackage = () => (0xabc000 + packages).toString(16).padStart(32, "0");

/** Put one package of `n` shards as far as its providers take it. @returns whom its shards were proposed to */
async function put(n = 3, rawLength = 12_700, keeps = (_: Address) => true): Promise<Address[]> {
  const { context, database } = world;
  packages++;
  const id = lastPackage();
  await world.addPackage("PLACING", { id, name: packages });
  const empty = Array.from({ length: n }, () => ({ phase: "EMPTY" as const }));
  await world.addSlots(empty, id);
  await database.pool.query("update catalog.slots set commitment = $2, raw_length = $3 where package = $1", [
    ...[id, hex(5), rawLength],
  ]);
  await database.pool.query(
    `update catalog.packages set document_hash = $2, manifest_sha256 = $2, manifest_size = 1, manifest_key = 'm', expires_at = $3,
       n = $4 where id = $1`,
    [id, hex(packages), clock.now() + 86_400, n],
  );
  await world.addMandate(id);
  const row = await loadPackage(database.pool, id);
  const slots = await loadSlots(database.pool, id);
  await quoteSlots(context, row, slots, slots);
  const quoted = await loadSlots(database.pool, id);
  clock.advance(1);
  await applyToEach(context, id, quoted, () => ({ type: "proposing", proposal: "p" }));
  await applyToEach(context, id, quoted, () => ({ type: "proposed", deadline: clock.now() + 900 }));
  for (const { state } of quoted) world.deals.set(state.deal!, { state: "PROPOSED", deadline: clock.now() + 900 });
  clock.advance(1);
  for (const slot of await loadSlots(database.pool, id))
    await storeShard(context, row, slot, new AbortController().signal);
  for (const slot of await loadSlots(database.pool, id)) {
    if (slot.state.phase !== "RECEIPTED" || !keeps(slot.state.provider!)) continue;
    await applyToEach(context, id, [slot], () => ({ type: "chain", deal: slot.state.deal!, state: "ACTIVE" }));
  }
  return quoted.map((slot) => slot.state.provider!);
}

const barred = async () => {
  const known = await listDistrust(world.database.pool);
  return PROVIDERS.filter((provider) => (known.get(provider)?.until ?? 0) > clock.now());
};

describe("a provider that quotes, is proposed to, and refuses", () => {
  it("is proposed to at most once per back-off, which grows, whatever packages come", async () => {
    const at: number[] = [];
    const begun = clock.now();
    while (clock.now() < begun + 8 * HOUR) {
      if ((await put()).includes(REFUSER)) at.push(clock.now() - begun);
      clock.advance(600);
    }
    // At once, after an hour, and four hours after that: the puts are ten minutes apart.
    expect(at.map((seconds) => Math.floor(seconds / HOUR))).toEqual([0, 1, 5]);
    const [one] = (await listProviders(world.context)).filter(({ provider }) => provider === REFUSER);
    expect(one).toMatchObject({ state: "AVOIDED", cause: expect.stringContaining("refused a shard") });
    expect(one!.avoidedUntil).toBeGreaterThan(clock.now());
    const told = (await listEvents(world.database.pool, { limit: 1000 })).filter(
      ({ kind }) => kind === "provider-passed-over",
    );
    expect(told.map(({ message }) => message.replace(/^.* for /, ""))).toEqual(["1 day.", "4 hours.", "1 hour."]);
  });

  it("is cleared by deals that it keeps later, level by level", async () => {
    expect(await put()).toContain(REFUSER);
    clock.advance(HOUR);
    storeFault = () => undefined;
    expect(await put()).toContain(REFUSER);
    expect((await listDistrust(world.database.pool)).get(REFUSER)).toMatchObject({ level: 1, owed: 12_700, kept: 0 });
    expect(await put()).toContain(REFUSER);
    expect(await listDistrust(world.database.pool)).toEqual(new Map());
    expect(await put()).toContain(REFUSER);
  });

  it("gains nothing by an accomplice's dust on all providers, which has to ask it though it is left out", async () => {
    const at: number[] = [];
    const begun = clock.now();
    const refuses = storeFault;
    while (clock.now() < begun + 8 * HOUR) {
      // The bar may just have ended, or it is asked as others lack.
      storeFault = () => undefined;
      expect(await put(PROVIDERS.length, 127)).toContain(REFUSER);
      storeFault = refuses;
      if ((await put()).includes(REFUSER)) at.push(clock.now() - begun);
      clock.advance(HOUR / 2);
    }
    expect(at.map((seconds) => Math.floor(seconds / HOUR))).toEqual([0, 1, 5]);
  });

  it("is left out for ten minutes only when it is full", async () => {
    storeFault = (provider) => (provider === REFUSER ? coded("full") : undefined);
    await put();
    expect(await barred()).toEqual([REFUSER]);
    clock.advance(600);
    expect(await put()).toContain(REFUSER);
  });

  it("is asked again, and the put does not fail, where too few others are left", async () => {
    await world.database.pool.query("delete from catalog.providers where provider <> all($1)", [PROVIDERS.slice(0, 3)]);
    await put();
    expect(await barred()).toEqual([REFUSER]);
    expect((await put()).toSorted()).toEqual(PROVIDERS.slice(0, 3).toSorted());
  });

  it("leaves the worst out where one of two that broke their word must do", async () => {
    await world.database.pool.query("delete from catalog.providers where provider <> all($1)", [PROVIDERS.slice(0, 4)]);
    const other = PROVIDERS[3]!;
    await world.database.pool.query(
      "insert into catalog.distrust (provider, kind, level, at, until) values ($1, 'refused', 4, $3::bigint, $3::bigint + 9999), ($2, 'failed', 1, $3::bigint, $3::bigint + 9999)",
      [REFUSER, other, clock.now()],
    );
    const asked = await put();
    expect(asked).toContain(other);
    expect(asked).not.toContain(REFUSER);
  });
});

describe("a provider that chooses its words", () => {
  /** The slots of the last package that lie with the refuser. */
  const itsSlots = async () =>
    (await loadSlots(world.database.pool, lastPackage())).filter(({ state }) => state.provider === REFUSER);
  const lapse = async () => {
    clock.advance(950);
    for (const slot of await itsSlots()) {
      await applyToEach(world.context, lastPackage(), [slot], () => ({
        ...{ type: "chain", deal: slot.state.deal!, state: "EXPIRED" },
      }));
    }
  };
  const said = (code: string, kind: string, message = "no") => ProviderRefusal.fromJSON({ code, kind, message });

  it.each(["stopping", "chain-unreachable", "internal"])("is left out though it refuses with %s", async (code) => {
    storeFault = (provider) => (provider === REFUSER ? said(code, "unavailable") : undefined);
    expect(await put()).toContain(REFUSER);
    expect((await itsSlots())[0]!.state.failures).toBe(1);
    await lapse();
    expect(await barred()).toEqual([REFUSER]);
  });

  it.each(["constructor", "to-string", "hasownproperty"])("is left out that refuses with %s twice", async (code) => {
    storeFault = (provider) => (provider === REFUSER ? said(code, "conflict") : undefined);
    expect(await put()).toContain(REFUSER);
    const [slot] = await itsSlots();
    expect(slot!.state).toMatchObject({ failures: 1, withdrawing: false });
    const row = await loadPackage(world.database.pool, lastPackage());
    await storeShard(world.context, row, slot!, new AbortController().signal);
    expect((await itsSlots())[0]!.state).toMatchObject({ withdrawing: true });
    expect(await barred()).toEqual([REFUSER]);
  });

  it("is not for this gateway's own stop, or its own chain", async () => {
    for (const code of ["stopping", "chain-unreachable"] as const) {
      storeFault = (provider) => (provider === REFUSER ? coded(code, "unavailable") : undefined);
      expect(await put()).toContain(REFUSER);
      await lapse();
    }
    expect(await listDistrust(world.database.pool)).toEqual(new Map());
  });

  it("is left out though its words are none that the database takes", async () => {
    storeFault = (provider) => (provider === REFUSER ? said("refused", "conflict", "no\u0000\ud800") : undefined);
    expect(await put()).toContain(REFUSER);
    expect(await barred()).toEqual([REFUSER]);
  });

  /** It signs its receipt; then it is asked for its first proof once, `later` seconds after that, and the proposal lapses. */
  const proves = async (answer: () => Promise<never>, later = 0) => {
    storeFault = () => undefined;
    expect(await put(3, 12_700, (provider) => provider !== REFUSER)).toContain(REFUSER);
    clock.advance(later);
    const { transport } = world.context;
    const { request } = transport;
    transport.request = ((...given: Parameters<typeof request>) =>
      given[1].type === "prove" ? answer() : request(...given)) as typeof request;
    Object.assign(world.ledger, {
      ...{ latest: async () => ({ number: 10, timestamp: clock.now() }), blockHash: async () => hex(77) },
    });
    const slots = await itsSlots();
    for (const { state } of slots) world.deals.set(state.deal!, { ...world.deals.get(state.deal!), receiptBlock: 1 });
    const row = await loadPackage(world.database.pool, lastPackage());
    await activateSlots(world.context, row, slots, new AbortController().signal);
    await lapse();
  };

  it.each(["internal", "unavailable", "conflict"])(
    "is left out that signs, and refuses to prove as %s",
    async (kind) => {
      await proves(() => Promise.reject(said("odd", kind)));
      expect(await barred()).toEqual([REFUSER]);
    },
  );

  it("is left out that signs, and lets the proof hang until the chain has ended the proposal", async () => {
    await proves(async () => {
      await lapse();
      throw new CairnError("late", { code: "provider-timeout", kind: "unavailable" });
    });
    expect((await listDistrust(world.database.pool)).get(REFUSER)).toMatchObject({ kind: "failed", level: 1 });
  });

  it("is not that was asked to prove at the very end, or for what fails here", async () => {
    await proves(() => Promise.reject(said("odd", "conflict")), 850);
    await proves(() => Promise.reject(coded("chain-unreachable", "unavailable")));
    await proves(() => Promise.reject(new Error("the gateway's own")));
    expect(await listDistrust(world.database.pool)).toEqual(new Map());
  });
});

describe("a provider that lets a proposal lapse", () => {
  it("is left out, though the chain ended the proposal while its request hung", async () => {
    hang = async (slot) => {
      clock.advance(900);
      const expired = { type: "chain", deal: slot.state.deal!, state: "EXPIRED" } as const;
      await applyToEach(world.context, slot.package, [slot], () => expired);
      throw coded("provider-timeout", "unavailable");
    };
    await put();
    expect(await barred()).toEqual([REFUSER]);
  });

  it("is not, when this gateway never asked it to store the shard", async () => {
    hang = async (slot) => {
      clock.advance(900);
      const expired = { type: "chain", deal: slot.state.deal!, state: "EXPIRED" } as const;
      await applyToEach(world.context, slot.package, [slot], () => expired);
      throw new Error("the gateway's own");
    };
    await put();
    expect(await barred()).toEqual([]);
  });
});

describe("a proposal that its owner withdraws right behind the gateway's transaction", () => {
  it("bars no provider that answers what its chain says", async () => {
    for (let i = 0; i < 4; i++) {
      hang = async (slot) => {
        world.deals.set(slot.state.deal!, { state: "CANCELLED", deadline: clock.now() + 899 });
      };
      // The truth, by the chain that it sees.
      storeFault = (provider) => (provider === REFUSER ? coded("not-reserved") : undefined);
      expect(await put()).toContain(REFUSER);
      const [slot] = (await loadSlots(world.database.pool, lastPackage())).filter(
        ({ state }) => state.phase === "EMPTY",
      );
      expect(slot!.state.cause).toBe("The proposal was withdrawn on chain.");
      clock.advance(900);
    }
    expect(await listDistrust(world.database.pool)).toEqual(new Map());
  });

  it("is not needed for a provider whose chain is behind: it is asked again, and keeps its word", async () => {
    storeFault = (provider) => (provider === REFUSER ? coded("not-reserved") : undefined);
    expect(await put()).toContain(REFUSER);
    const [slot] = (await loadSlots(world.database.pool, lastPackage())).filter(
      ({ state }) => state.provider === REFUSER,
    );
    expect(slot!.state).toMatchObject({ phase: "PROPOSED", withdrawing: false, failures: 0 });
    expect(slot!.state.dueAt).toBeLessThanOrEqual(clock.now() + 10);
    expect(await listDistrust(world.database.pool)).toEqual(new Map());
  });
});

describe("a provider that lets hand-overs hang", () => {
  /** A PROPOSED shard of one package, for every provider that is there. */
  const proposed = async () => {
    storeFault = () => coded("busy");
    await put();
    storeFault = () => undefined;
    const id = (0xabc000 + packages).toString(16).padStart(32, "0");
    const [slot] = await loadSlots(world.database.pool, id);
    return { row: await loadPackage(world.database.pool, id), slot: slot! };
  };
  const at = (slot: SlotRow, provider: Address): SlotRow => ({ ...slot, state: { ...slot.state, provider } });

  const hanging = (_: SlotRow, signal?: AbortSignal) =>
    new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

  it("holds up no hand-over to another", async () => {
    const { row, slot } = await proposed();
    hang = hanging;
    const stop = new AbortController();
    for (let i = 0; i < 8; i++) void storeShard(world.context, row, at(slot, REFUSER), stop.signal);
    await storeShard(world.context, row, at(slot, PROVIDERS[1]!), stop.signal);
    const [after] = await loadSlots(world.database.pool, row.id);
    expect(after!.state.phase).toBe("RECEIPTED");
    expect(world.context.stores.waiting).toBe(6);
    stop.abort();
  });

  it("gives its place to whoever waits, and has failed after two minutes without a byte", async () => {
    const { row, slot } = await proposed();
    world.context.stores = new HandOverPlaces(1);
    let begun: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (begun = resolve));
    hang = (_, stopped) => {
      begun();
      return hanging(slot, stopped);
    };
    const { signal } = new AbortController();
    const run = world.context.stores.run(handOverOf(row, at(slot, REFUSER), 0), (place) =>
      requestStore(world.context, row, at(slot, REFUSER), signal, place),
    );
    const failed = expect(run).rejects.toMatchObject({ code: "provider-timeout" });
    await asked;
    const waiting = storeShard(world.context, row, at(slot, PROVIDERS[1]!), signal);
    await expect.poll(() => world.context.stores.waiting).toBe(1);
    clock.advance(15);
    await waiting;
    for (let i = 0; i < 7; i++) {
      clock.advance(15);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await failed;
  });
});

describe("a fault of the gateway's own", () => {
  it("is found out when providers say that its bytes are wrong", async () => {
    const directory = await mkdtemp(join(tmpdir(), "cairn-weigh-"));
    const manifest = Buffer.from("manifest");
    const spool = new Spool(directory);
    Object.assign(world.context, { spool, blobs: { read: () => Readable.from([manifest]) } });
    const stored = async () => {
      storeFault = () => coded("busy");
      await put();
      storeFault = () => coded("wrong-commitment");
      const id = lastPackage();
      const hasher = new PieceHasher();
      hasher.update(PIECE);
      const commitment = `0x${Buffer.from(hasher.digest().root).toString("hex")}`;
      const sha256 = `0x${createHash("sha256").update(manifest).digest("hex")}`;
      const { pool } = world.database;
      await pool.query("insert into catalog.pieces (package, number, length) values ($1, 0, 127)", [id]);
      await pool.query("update catalog.slots set commitment = $2 where package = $1", [id, commitment]);
      await pool.query("update catalog.packages set manifest_sha256 = $2 where id = $1", [id, sha256]);
      await spool.prepare(id);
      await writeFile(spool.piecePath(id, 0), PIECE);
      return { row: await loadPackage(pool, id), path: spool.piecePath(id, 0) };
    };
    const after = async (row: PackageRow) => {
      const [slot] = await loadSlots(world.database.pool, row.id);
      clock.advance(10);
      await storeShard(world.context, row, slot!, new AbortController().signal);
      const [{ state }] = (await loadSlots(world.database.pool, row.id)) as [SlotRow];
      return [state.source, state.withdrawing, state.cause?.includes("manifest") ?? false];
    };
    try {
      let one = await stored();
      expect(await after(one.row)).toEqual(["spool", true, false]);
      one = await stored();
      await writeFile(one.path, PIECE.with(5, 1));
      expect(await after(one.row)).toEqual(["none", false, false]);
      one = await stored();
      await writeFile(one.path, PIECE.subarray(1));
      expect(await after(one.row)).toEqual(["none", false, false]);
      one = await stored();
      manifest[0]! ^= 1;
      expect(await after(one.row)).toEqual(["spool", false, true]);
      const told = (await listEvents(world.database.pool)).filter(({ kind }) => kind === "spool-damaged");
      expect(told).toHaveLength(3);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("bars nobody, though every provider fails its shard", async () => {
    storeFault = () => coded("refused");
    const first = await put();
    expect(new Set(first).size).toBe(3);
    expect(await barred()).toEqual([]);
    storeFault = () => undefined;
    await put();
    expect(await barred()).toEqual([]);
  });
});
