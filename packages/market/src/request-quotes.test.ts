import { ALWAYS_ON, type ManualClock, type Transport } from "@cairn/core";
import { type Address, addressOfKey, CairnError, ProviderRefusal, type Quote, signTyped } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { quoteSlots } from "./drive/quote-slots.ts";
import { loadPackage } from "./package-rows.ts";
import { requestQuotes } from "./request-quotes.ts";
import { applySlotEvents, applyToEach } from "./slot-events.ts";
import { hex, ID, type MarketWorld, OWNER, openMarketWorld, SET } from "./testing/market-world.ts";

const KEYS = Array.from({ length: 5 }, (_, i) => hex(0x100 + i));
const PROVIDERS = KEYS.map((key) => addressOfKey(key).toLowerCase() as Address);
const [A, B, C, D, SYBIL] = PROVIDERS as [Address, Address, Address, Address, Address];

let world: MarketWorld;
let nonces = 0;

beforeEach(async () => {
  world = await openMarketWorld();
  const clock = world.context.clock as ManualClock;
  const request = async (provider: Address, { type: _, ...terms }: Record<string, unknown>) => {
    const quote = {
      ...{ ...(terms as object), rawLength: 127n, provider, pricePerPeriod: 1n, egressPrice: 0n, duty: ALWAYS_ON },
      ...{ expiry: BigInt(clock.now() + 300), nonce: hex(++nonces) },
    } as Quote;
    const signature = signTyped("Quote", quote, world.context.deployment, KEYS[PROVIDERS.indexOf(provider)]!);
    return { quote, signature };
  };
  Object.assign(world.context, {
    ...{ transport: { reachable: () => true, seek: async () => undefined, request } as unknown as Transport },
    ...{ profile: { operatorGroups: true }, startedAt: -1e9, stopping: new AbortController().signal },
  });
});
afterEach(() => world.database.drop());

/** `owner`'s paid work makes a provider known here. */
async function register(
  provider: Address,
  of: { payout?: Address; network?: string; fulfilled?: number; missed?: number },
) {
  const { pool } = world.database;
  await pool.query(
    `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, active, updated_block)
     values ($1, $1, $2, 100000, 1000, 0, $3, 'here', $4, true, 1)`,
    [
      provider,
      of.payout ?? provider,
      ALWAYS_ON.toString(),
      of.network === undefined ? "" : `http://${of.network}.9:4400`,
    ],
  );
  await pool.query(
    "insert into catalog.work (provider, verifier_set, owner, fulfilled, committed, paid) values ($1, $2, $3, $4, $5, 1)",
    [provider, SET, OWNER, of.fulfilled ?? 0, (of.fulfilled ?? 0) + (of.missed ?? 0)],
  );
}

/** A package of three shards, any k of which restore it. */
async function open(k: number) {
  const { pool } = world.database;
  await world.addPackage("PLACING");
  await world.addSlots([{ phase: "EMPTY" }, { phase: "EMPTY" }, { phase: "EMPTY" }]);
  await pool.query("update catalog.slots set commitment = $1", [hex(5)]);
  await pool.query("update catalog.packages set k = $1, expires_at = $2", [k, world.context.clock.now() + 86_400]);
  await world.addMandate();
}

async function quote(): Promise<(Address | null)[]> {
  const slots = await world.slots();
  const empty = slots.filter(({ state }) => state.phase === "EMPTY");
  await quoteSlots(world.context, await loadPackage(world.database.pool, ID), empty, slots);
  return (await world.slots()).map(({ state }) => state.provider);
}

describe("a newcomer that names another's payout address, or an address in another's network, as its own", () => {
  it("has nobody shut out by its lie: who shares a group with it is asked where others lack", async () => {
    await register(A, { network: "203.0.113", missed: 10 });
    await register(B, { network: "203.0.113", missed: 10 });
    await register(C, { missed: 10 });
    await register(D, { missed: 20 });
    await register(SYBIL, { payout: C, network: "203.0.113" });
    await open(1);
    const first = await quote();
    const lied = first.indexOf(SYBIL);
    expect(lied).toBeGreaterThanOrEqual(0);
    const slot = (await world.slots())[lied]!;
    await applyToEach(world.context, ID, [slot], () => ({ type: "proposing", proposal: "p" }));
    await applyToEach(world.context, ID, [slot], () => ({
      type: "proposed",
      deadline: world.context.clock.now() + 900,
    }));
    for (const event of [
      { type: "provider-failed", cause: "It lied", hopeless: true, never: true } as const,
      { type: "chain", deal: slot.state.deal!, state: "CANCELLED" } as const,
    ]) {
      await applySlotEvents(world.context, ID, [{ piece: 0, shard: lied, event }]);
    }
    // The others hold two, and whoever is left shares a group with the liar, but for the one of the lowest score.
    const second = await quote();
    expect(second[lied]).toBe(D);
    await world.database.pool.query("update catalog.providers set active = false where provider = $1", [D]);
    await applySlotEvents(world.context, ID, [
      { piece: 0, shard: lied, event: { type: "quote-lapsed", cause: "It ran out." } },
    ]);
    const third = await quote();
    expect(third.every((provider) => provider !== null && provider !== SYBIL && provider !== D)).toBe(true);
  });

  it("takes the places of none that are known, where too few would be left", async () => {
    await world.database.pool.query("update catalog.accounts set owner = $1 where id = 'local'", [OWNER]);
    await register(A, { network: "203.0.113", fulfilled: 30, missed: 10 });
    await register(B, { fulfilled: 30, missed: 10 });
    await register(C, { fulfilled: 30, missed: 10 });
    await register(SYBIL, { payout: B, network: "203.0.113" });
    await open(2);
    const placed = await quote();
    expect(placed).not.toContain(null);
    expect(new Set(placed).size).toBe(3);
  });
});

describe("shards that go to newcomers beyond their share", () => {
  it("are counted over all rounds, not those of the last one alone", async () => {
    for (const provider of [A, B, C, D]) await register(provider, {});
    await open(1);
    const { transport } = world.context;
    const { request } = transport;
    let refusals = 0;
    transport.request = (async (...given: Parameters<typeof request>) => {
      if (refusals++ === 0) throw new CairnError("no", { code: "full", kind: "exhausted" });
      return request(...given);
    }) as typeof request;
    const slots = await world.slots();
    const row = await loadPackage(world.database.pool, ID);
    const round = await requestQuotes(world.context, row, slots, slots, 86_400);
    expect(round.placed).toHaveLength(3);
    expect(round.refusals).toHaveLength(1);
    expect(round.beyondShare).toBe(2);
  });
});

describe("one provider that refuses with odd words", () => {
  /** A is asked first, always; it and all of `others` answer with `refusals`. */
  const refusing = async (refusals: ReadonlyMap<Address, object>) => {
    await register(A, { fulfilled: 30 });
    for (const provider of [B, C, D]) await register(provider, { fulfilled: 30, missed: 5 });
    await open(1);
    const { transport } = world.context;
    const { request } = transport;
    transport.request = (async (...given: Parameters<typeof request>) => {
      const refusal = refusals.get(given[0]);
      if (refusal !== undefined) throw ProviderRefusal.fromJSON(JSON.parse(JSON.stringify(refusal)));
      return request(...given);
    }) as typeof request;
  };

  it.each(["no\u0000", "no\ud800", `${"z".repeat(499)}\u{1F600}`])("holds up no put (%#)", async (message) => {
    await refusing(new Map([[A, { code: "full", kind: "exhausted", message }]]));
    const placed = await quote();
    expect(placed.toSorted()).toEqual([B, C, D].toSorted());
  });

  it("leaves its words with the shards that nobody else takes", async () => {
    const refusal = { code: "full", kind: "exhausted", message: "no\u0000\ud800" };
    await refusing(new Map([A, B, C, D].map((provider) => [provider, refusal])));
    await quote();
    expect((await world.slots()).map(({ state }) => state.cause?.includes("no\ufffd\ufffd"))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("and with the code of a chain that is away hides no other's reason", async () => {
    const full = { code: "full", kind: "exhausted", message: "no room here" };
    const away = { code: "chain-unreachable", kind: "unavailable", message: "no chain" };
    await refusing(
      new Map([
        [A, away],
        [B, full],
      ]),
    );
    await quote();
    const [slot] = await world.slots();
    expect(slot!.state.cause).toContain("no room here");
  });

  it("or whose answer cannot be noted takes no placed shard from the put", async () => {
    await refusing(new Map());
    await world.database.pool.query("alter table catalog.asks add constraint none check (false) not valid");
    const warned: string[] = [];
    Object.assign(world.context, { log: { warn: (_: object, message: string) => warned.push(message) } });
    expect(await quote()).not.toContain(null);
    expect(warned).toEqual(["who was asked could not be noted"]);
  });
});
