import type { LedgerEvent } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { type Message, messageToJson, TYPES, type TypeName } from "@cairn/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { catalogMigrations, createProjection, ensureAccount, type Projection } from "./index.ts";

const hex = (digit: string, bytes: number): `0x${string}` => `0x${digit.repeat(bytes * 2)}`;
const OWNER = hex("b", 20);
const MANIFEST = hex("2", 32);
const PACKAGE = "0".repeat(32);
const SIGNATURE = hex("5", 65);
const deals = ["1", "2", "3", "4", "5", "6"].map((digit) => hex(digit, 32));

/** A message of a type whose every field is well formed. */
function messageOf<N extends TypeName>(type: N) {
  const value = (of: string): unknown =>
    of === "address"
      ? hex("a", 20)
      : of === "bytes32"
        ? hex("c", 32)
        : of === "string"
          ? "x"
          : of === "uint32"
            ? 7
            : 9n;
  const fields = TYPES[type].map(({ name, type: of }) => [name, Number(of.slice(4)) <= 32 ? 7 : value(of)]);
  return messageToJson<N>(Object.fromEntries(fields) as Message<N>);
}

let database: TestDatabase;
let projection: Projection;
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  projection = createProjection(database.pool, {
    provider: async () => undefined,
    deployment: {
      ...{ chainId: 7, deals: hex("d", 20), registry: hex("e", 20) },
      ...{ deployedAt: 1, genesisTime: 1000, periodSeconds: 10 },
    } as never,
  });
  await ensureAccount(database.pool, "local");
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set, document_hash, mandate)
     values ($1, 'local', $2, decode(repeat('00', 32), 'hex'), '', 'STORED', 2, 6, 'none', 'private', 1, $3, $3, $4)`,
    [PACKAGE, OWNER, MANIFEST, JSON.stringify(messageOf("Mandate"))],
  );
});
afterEach(() => database.drop());

const proposed = (deal: `0x${string}`, shard: number): LedgerEvent => ({
  ...{ block: 2, logIndex: shard, transaction: hex("e", 32), time: 1002, name: "DealProposed", deal },
  ...{ documentHash: MANIFEST, provider: hex("a", 20), piece: 0, shard, escrow: 500n, deadline: 9000 },
  ...{ commitment: hex("3", 32), rawLength: 1270n, pricePerPeriod: 5n, periods: 100, duty: 1n },
  ...{ verifierSet: hex("4", 32), owner: OWNER },
});
const apply = () =>
  projection.apply({
    ...{ from: 1, next: 3, head: { number: 2, hash: hex("f", 32), timestamp: 1002, finalized: true } },
    events: deals.map(proposed),
  });
const kept = async () =>
  (await database.pool.query("select deal from catalog.proposals order by deal")).rows.map(({ deal }) => deal);

it("keeps what was agreed, and nothing of a deal whose stored quote is malformed, which holds up no other", async () => {
  const quote = messageOf("Quote");
  const stored: [quote: unknown, signature: string | null][] = [
    [quote, SIGNATURE],
    [{ ...quote, rawLength: -1 }, SIGNATURE],
    ["a text", SIGNATURE],
    [[quote], SIGNATURE],
    [quote, null],
    [{ ...quote, provider: "0xzz" }, "0x12"],
  ];
  for (const [shard, [message, signature]] of stored.entries()) {
    await database.pool.query(
      `insert into catalog.slots (package, piece, shard, commitment, raw_length, state, deal, quote, quote_signature)
       values ($1, 0, $2, $3, 1270, 'PROPOSED', $4, $5, $6)`,
      [PACKAGE, shard, hex("3", 32), deals[shard], JSON.stringify(message), signature],
    );
  }
  expect(await apply()).toBe(true);
  expect(await projection.cursor()).toBe(3);
  expect(await kept()).toEqual([deals[0]]);
  const { rows } = await database.pool.query("select deal from catalog.deals");
  expect(rows).toHaveLength(deals.length);
});

it("keeps nothing under a mandate that is malformed, and goes on", async () => {
  await database.pool.query("update catalog.packages set mandate = '{\"maxPrice\": 5}'");
  await database.pool.query(
    `insert into catalog.slots (package, piece, shard, commitment, raw_length, state, deal, quote, quote_signature)
     values ($1, 0, 0, $2, 1270, 'PROPOSED', $3, $4, $5)`,
    [PACKAGE, hex("3", 32), deals[0], JSON.stringify(messageOf("Quote")), SIGNATURE],
  );
  expect(await apply()).toBe(true);
  expect(await kept()).toEqual([]);
});
