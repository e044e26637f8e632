import { LONGEST_PAUSE_SECONDS, type SlotState } from "@cairn/core";
import { CairnError, type Hex, type Quote } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadPackage } from "../package-rows.ts";
import { saveSlot } from "../slot-rows.ts";
import { dealOf, hex, ID, type MarketWorld, NOW, openMarketWorld, quoteOf } from "../testing/market-world.ts";
import { proposeSlots } from "./propose.ts";

const DEADLINE = NOW + 900;
const quoted: Partial<SlotState> = { phase: "QUOTED", quoteExpiry: NOW + 300 };

let world: MarketWorld;
/** The shards of each transaction that was tried, and its name. */
let sent: { shards: number[]; id: string }[];
let refuse: (shards: readonly number[]) => Error | undefined;

beforeEach(async () => {
  world = await openMarketWorld();
  [sent, refuse] = [[], () => undefined];
  world.ledger.propose = async ({ id }, _mandate, _signature, quotes: Quote[]) => {
    const shards = quotes.map(({ shard }) => shard);
    sent.push({ shards, id });
    const error = refuse(shards);
    if (error !== undefined) throw error;
    for (const shard of shards) world.deals.set(dealOf(shard), { state: "PROPOSED", deadline: DEADLINE });
    return { transaction: hex(1), block: 1, ok: true };
  };
  await world.addPackage("PLACING");
  await world.addMandate();
});
afterEach(() => world.database.drop());

const refusal = (error?: string, args: Record<string, string> = {}) =>
  new CairnError("it said no", {
    code: "reverted",
    kind: "conflict",
    details: error === undefined ? {} : { error, args },
  });

/** Refuses what carries shard 1, with others and by itself. */
const refuseOne = (error: Error) => {
  refuse = (shards) => (shards.includes(1) ? error : undefined);
};

const propose = async (states: readonly Partial<SlotState>[] = [quoted, quoted, quoted]) => {
  const slots = await world.addSlots(states);
  await again(slots);
  return (await world.slots()).map(({ state }) => state);
};
const again = async (slots: Awaited<ReturnType<MarketWorld["slots"]>>) =>
  proposeSlots(world.context, await loadPackage(world.context.pool, ID), slots);

const tried = () => sent.map(({ shards }) => shards);

describe("proposeSlots", () => {
  it("locks escrow for all shards of a piece in one transaction", async () => {
    const states = await propose();
    expect(tried()).toEqual([[0, 1, 2]]);
    expect(states.map(({ phase, deadline }) => [phase, deadline])).toEqual(Array(3).fill(["PROPOSED", DEADLINE]));
  });

  it("writes a proposal's name down before it is sent, and takes it up under that name", async () => {
    let names: (Hex | string | null)[] = [];
    refuse = () => new CairnError("the chain is away", { code: "chain-unreachable", kind: "unavailable" });
    const { propose: send } = world.ledger;
    world.ledger.propose = async (...args) => {
      names = (await world.slots()).map(({ state }) => state.proposal);
      return send!(...args);
    };
    const states = await propose();
    expect(names).toEqual(Array(3).fill(sent[0]!.id));
    expect(states.map(({ phase, cause }) => [phase, cause])).toEqual(Array(3).fill(["QUOTED", "the chain is away"]));
    refuse = () => undefined;
    // The quotes ran out meanwhile: what may have been sent is asked for all the same.
    (world.context.clock as unknown as { advance(seconds: number): void }).advance(400);
    await again(await world.slots());
    expect(sent[1]).toEqual(sent[0]);
    expect((await world.slots()).map(({ state }) => state.phase)).toEqual(Array(3).fill("PROPOSED"));
  });

  it("lets one that the contract refuses hold up no other, and asks another provider for it", async () => {
    refuseOne(refusal("CapacityExceeded"));
    const states = await propose();
    // Halves are sent together, in any order.
    expect(tried().toSorted()).toEqual([[0], [0, 1], [0, 1, 2], [1], [2]]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(5);
    expect(states.map(({ phase }) => phase)).toEqual(["PROPOSED", "EMPTY", "PROPOSED"]);
    expect(states[1]!.avoided.map(({ provider }) => provider)).toEqual([hex(201, 20)]);
    expect(states[1]!.cause).toBe("The contract refused the proposal: it said no");
  });

  it("reserves nothing with a provider that broke another promise since it quoted, unless nobody else was left", async () => {
    await world.database.pool.query(
      "insert into catalog.distrust (provider, kind, level, at, until) values ($1, 'refused', 2, $2, $3)",
      [hex(201, 20), NOW - 10, NOW + 3590],
    );
    const states = await propose();
    expect(tried()).toEqual([[0, 2]]);
    expect(states.map(({ phase }) => phase)).toEqual(["PROPOSED", "EMPTY", "PROPOSED"]);
    expect(states[1]!.avoided.map(({ provider }) => provider)).toEqual([hex(201, 20)]);
    // It was asked again all the same.
    const [, second] = await world.slots();
    const back = { ...second!.state, ...quoted, provider: hex(201, 20), deal: dealOf(1), dueAt: 0 };
    const row = { ...second!, state: back, quote: quoteOf(1), quoteSignature: "0x01" as const };
    await saveSlot(world.database.pool, row);
    await again([row]);
    expect(tried()).toEqual([[0, 2], [1]]);
  });

  it("takes over what stands on the chain already", async () => {
    world.deals.set(dealOf(1), { state: "PROPOSED", deadline: DEADLINE });
    refuseOne(refusal("WrongState"));
    const states = await propose();
    expect(tried()).toEqual([
      [0, 1, 2],
      [0, 2],
    ]);
    expect(states.map(({ phase }) => phase)).toEqual(Array(3).fill("PROPOSED"));
  });

  it("waits out the period in which the chain takes no more proposals for a shard, and blames nobody", async () => {
    refuseOne(refusal("SlotPaused", { period: "3000000" }));
    const states = await propose();
    expect(states.map(({ phase }) => phase)).toEqual(["PROPOSED", "QUOTED", "PROPOSED"]);
    const { proposal, avoided, dueAt } = states[1]!;
    const { genesisTime, periodSeconds } = world.context.deployment;
    const left = periodSeconds - ((NOW - genesisTime) % periodSeconds);
    expect({ proposal, avoided, dueAt }).toEqual({
      proposal: null,
      avoided: [],
      dueAt: NOW + Math.min(left, LONGEST_PAUSE_SECONDS),
    });
  });

  it("tries again what was refused in its block alone, whose reason nobody knows", async () => {
    refuseOne(refusal());
    const [, state] = await propose();
    expect([state!.phase, state!.proposal, state!.avoided]).toEqual(["QUOTED", null, []]);
    expect(state!.dueAt).toBeGreaterThan(NOW);
  });

  it("passes nobody over for a quote that ran out, before it is sent or on the way", async () => {
    refuseOne(refusal("SignatureExpired", { expiry: String(NOW + 300) }));
    const states = await propose([{ ...quoted, quoteExpiry: NOW }, quoted]);
    expect(tried()).toEqual([[1]]);
    expect(states.map(({ phase, avoided }) => [phase, avoided])).toEqual(Array(2).fill(["EMPTY", []]));
  });

  it("says that the owner's money does not reach", async () => {
    refuseOne(refusal("EscrowLimit"));
    const [, state] = await propose();
    expect(state).toMatchObject({
      phase: "EMPTY",
      cause: expect.stringContaining("more than the owner agreed to lock"),
    });
  });
});
