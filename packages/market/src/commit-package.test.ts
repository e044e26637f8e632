import type { Mandate } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitPackage } from "./commit-package.ts";
import {
  EXECUTOR,
  hex,
  ID,
  MANIFEST,
  type MarketWorld,
  NOW,
  OWNER,
  openMarketWorld,
  SET,
  SHARDS_ROOT,
} from "./testing/market-world.ts";

const DAY = 86_400;
const RESERVE = 500n;
/** Three quotes of ten periods at 1000 wei. */
const ESCROW = 30_000n;

let world: MarketWorld;
let balance: bigint;

beforeEach(async () => {
  world = await openMarketWorld();
  balance = ESCROW + RESERVE;
  world.ledger.balance = async (owner) => (owner === OWNER ? balance : 0n);
  await world.addPackage("COMMITTED");
  const quoted = { phase: "QUOTED", quoteExpiry: NOW + 300 } as const;
  await world.addSlots([quoted, quoted, quoted]);
});
afterEach(() => world.database.drop());

const mandate: Mandate = {
  ...{ documentHash: MANIFEST, shardsRoot: SHARDS_ROOT, pieces: 1, k: 1, n: 3, verifierSet: SET, executor: EXECUTOR },
  ...{ maxEscrow: ESCROW, repairReserve: RESERVE, maxPrice: 10n ** 18n },
  ...{ end: BigInt(NOW + DAY), expiry: BigInt(NOW + 600) },
};
const capability = { documentHash: MANIFEST, audience: EXECUTOR, expiry: BigInt(NOW + DAY) };

const commit = (changes: Partial<Mandate> = {}, reading: Partial<typeof capability> = {}, key = hex(0xa)) =>
  commitPackage(world.context, {
    id: ID,
    mandate: world.sign("Mandate", { ...mandate, ...changes }, key),
    readCapability: world.sign("ReadCapability", { ...capability, ...reading }),
  });

describe("commitPackage", () => {
  it("takes the mandate, and has the package driven", async () => {
    expect((await commit()).state).toBe("PLACING");
    expect(world.woken).toEqual([ID]);
  });

  it("answers the same mandate again, and no other", async () => {
    await commit();
    expect((await commit()).state).toBe("PLACING");
    await expect(commit({ repairReserve: 0n })).rejects.toMatchObject({ code: "wrong-state" });
    expect(world.woken).toEqual([ID]);
  });

  it.each([
    ["documentHash", { documentHash: hex(77) }],
    ["shardsRoot", { shardsRoot: hex(77) }],
    ["pieces", { pieces: 2 }],
    ["k", { k: 2 }],
    ["n", { n: 4 }],
    ["verifierSet", { verifierSet: hex(77) }],
    ["executor", { executor: OWNER }],
    ["maxEscrow", { maxEscrow: ESCROW - 1n }],
    ["maxPrice", { maxPrice: 1n }],
    ["end", { end: BigInt(NOW + DAY - 1) }],
    ["expiry", { expiry: BigInt(NOW) }],
  ] as [string, Partial<Mandate>][])("refuses a mandate whose %s is not as quoted", async (field, changes) => {
    await expect(commit(changes)).rejects.toMatchObject({ code: "bad-mandate", details: { field } });
    expect(await world.stateOf()).toBe("COMMITTED");
  });

  it.each([
    ["documentHash", { documentHash: hex(77) }],
    ["audience", { audience: OWNER }],
    ["expiry", { expiry: BigInt(NOW) }],
  ] as [string, Partial<typeof capability>][])(
    "refuses a read permission whose %s is not as quoted",
    async (field, reading) => {
      const refusal = { code: "bad-mandate", details: { field: `readCapability.${field}` } };
      await expect(commit({}, reading)).rejects.toMatchObject(refusal);
    },
  );

  it("refuses a signature of somebody else", async () => {
    await expect(commit({}, {}, hex(0xb))).rejects.toMatchObject({ code: "bad-signature" });
    expect(await world.stateOf()).toBe("COMMITTED");
  });

  it("refuses quotes that ran out", async () => {
    (world.context.clock as unknown as { advance(seconds: number): void }).advance(300);
    await expect(commit()).rejects.toMatchObject({ code: "quotes-lapsed" });
  });

  it("takes nothing while the deposit does not reach for escrow and reserve", async () => {
    balance -= 1n;
    await expect(commit()).rejects.toMatchObject({
      code: "insufficient-funds",
      details: { need: (ESCROW + RESERVE).toString(), have: balance.toString() },
    });
    expect(await world.stateOf()).toBe("COMMITTED");
    balance += 1n;
    expect((await commit()).state).toBe("PLACING");
  });
});
