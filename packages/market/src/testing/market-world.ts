import { catalogMigrations, ensureAccount, Leases, toJson } from "@cairn/catalog";
import { type DealRecord, emptySlot, type Ledger, ManualClock, type SlotState } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import {
  type Address,
  addressOfKey,
  type CommitmentDocument,
  type DealId,
  type Hex,
  type Mandate,
  type Message,
  messageToJson,
  type Quote,
  type Signed,
  signTyped,
  type TypeName,
} from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import type { Context } from "../context.ts";
import { HandedBytes } from "../handed-bytes.ts";
import { loadSlots, type SlotRow, saveSlot } from "../slot-rows.ts";
import type { PackageState } from "../types.ts";

export const hex = (n: number, bytes = 32): Hex => `0x${n.toString(16).padStart(bytes * 2, "0")}`;

const OWNER_KEY = hex(0xa);
export const OWNER = addressOfKey(OWNER_KEY).toLowerCase() as Address;
export const EXECUTOR = addressOfKey(hex(0xe)).toLowerCase() as Address;
export const ID = "1".repeat(32);
export const [MANIFEST, SHARDS_ROOT, SET] = [hex(2), hex(3), hex(4)];
export const NOW = 1_800_000_000;
const DEPLOYMENT = {
  ...{ chainId: 31_337, deals: hex(0xd, 20), ledger: hex(0xf, 20), registry: hex(0xc, 20) },
  ...{ genesisTime: 0, periodSeconds: 600, proposalSeconds: 900 },
};

/** A market's context over a real catalog, whose chain says what the test wants it to say. */
export interface MarketWorld {
  context: Context;
  database: TestDatabase;
  /** What stands on the chain. */
  deals: Map<DealId, Partial<DealRecord>>;
  /** Methods of the ledger; those that a test does not set fail. */
  ledger: Partial<Ledger>;
  /** Packages that were to be driven soon. */
  woken: string[];
  addPackage(state: PackageState, options?: { id?: string; account?: string; name?: number }): Promise<void>;
  /** One slot of piece 0 for each state, with the deal `hex(100 + shard)` unless it is EMPTY. Another package than `ID` gets deals from `hex(1100)` on. */
  addSlots(states: readonly Partial<SlotState>[], id?: string): Promise<SlotRow[]>;
  /** The document of one piece of three shards, and its owner's mandate, for the package `ID` unless another is named. */
  addMandate(id?: string): Promise<void>;
  slots(): Promise<SlotRow[]>;
  stateOf(id?: string): Promise<string>;
  sign<N extends TypeName>(type: N, message: Message<N>, key?: Hex): Signed<N>;
}

export const dealOf = (shard: number): DealId => hex(100 + shard);

/** Ten periods at 1000 wei a period. */
export const quoteOf = (shard: number): Quote => ({
  ...{ provider: hex(200 + shard, 20), owner: OWNER, documentHash: MANIFEST, piece: 0, shard, commitment: hex(5) },
  ...{ rawLength: 127n, pricePerPeriod: 1000n, egressPrice: 0n, periods: 10, duty: 1n, verifierSet: SET },
  ...{ expiry: BigInt(NOW + 300), nonce: hex(shard) },
});

const DOCUMENT: CommitmentDocument = {
  ...{ version: 1, package: ID, owner: OWNER, root: "root", k: 1, n: 3, erasure: "rs-cauchy-gf256-v1", mask: "none" },
  pieces: [{ length: 100, commP: hex(0), shards: Array(3).fill({ commitment: hex(5), rawLength: 127 }) }],
  manifest: { sha256: hex(6), size: 1 },
};

const MANDATE: Mandate = {
  ...{ documentHash: MANIFEST, shardsRoot: SHARDS_ROOT, pieces: 1, k: 1, n: 3, verifierSet: SET, executor: EXECUTOR },
  ...{ maxEscrow: 30_000n, repairReserve: 500n, maxPrice: 10n ** 18n },
  ...{ end: BigInt(NOW + 86_400), expiry: BigInt(NOW + 600) },
};

export async function openMarketWorld(): Promise<MarketWorld> {
  const database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  await ensureAccount(database.pool, "local");
  await ensureAccount(database.pool, "other");
  const deals: MarketWorld["deals"] = new Map();
  const woken: string[] = [];
  const clock = new ManualClock(NOW);
  const ledger: Partial<Ledger> = {
    deal: async (deal) => {
      const known = deals.get(deal);
      return known && ({ deal, deadline: 0, receiptTime: 0, ...known } as DealRecord);
    },
  };
  const context = {
    pool: database.pool,
    ledger,
    clock,
    chainNow: () => clock.now(),
    deployment: DEPLOYMENT,
    executor: EXECUTOR,
    verifierSet: SET,
    interrupts: new Map(),
    spoolId: "spool",
    leases: new Leases({ pool: database.pool, gateway: "here", log: { warn: () => undefined } }),
    committing: new Map(),
    handed: new HandedBytes(),
    early: { drop: async () => undefined },
    spool: { removePackage: async () => undefined, received: async () => new Map() },
    blobs: { remove: async () => undefined, async *list() {} },
    wake: (id: string) => woken.push(id),
  } as unknown as Context;
  return {
    ...{ context, database, deals, ledger, woken },
    async addPackage(state, { id = ID, account = "local", name = 0 } = {}) {
      await database.pool.query(
        `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, document_hash, shards_root, verifier_set)
values ($1, $2, $3, decode($4, 'hex'), '', $5, 1, 3, 'none', 'private', 1, $6, $7, $8)`,
        [id, account, OWNER, hex(name).slice(2), state, MANIFEST, SHARDS_ROOT, SET],
      );
    },
    async addSlots(states, id = ID) {
      for (const [shard, given] of states.entries()) {
        await database.pool.query(
          "insert into catalog.slots (package, piece, shard, commitment, raw_length) values ($1, 0, $2, '0x', 127)",
          [id, shard],
        );
        const deal =
          given.phase === "EMPTY"
            ? {}
            : { deal: dealOf(id === ID ? shard : 1000 + shard), provider: hex(200 + shard, 20) };
        await saveSlot(database.pool, {
          ...{ package: id, piece: 0, shard, commitment: "0x", rawLength: 127 },
          state: { ...emptySlot("spool"), ...deal, ...given },
          quote: given.phase === "EMPTY" ? null : quoteOf(shard),
          quoteSignature: "0x01",
          receipt: "0x02",
        });
      }
      return loadSlots(database.pool, id);
    },
    async addMandate(id = ID) {
      await database.pool.query(
        "update catalog.packages set document = $2, mandate = $3, owner_signature = $4 where id = $1",
        [id, encodeDocument(DOCUMENT).bytes, toJson(messageToJson<"Mandate">(MANDATE)), hex(3, 65)],
      );
    },
    slots: () => loadSlots(database.pool, ID),
    async stateOf(id = ID) {
      const { rows } = await database.pool.query("select state from catalog.packages where id = $1", [id]);
      return (rows[0] as { state: string }).state;
    },
    sign: (type, message, key = OWNER_KEY) => ({
      message,
      signature: signTyped(type, message, context.deployment, key),
    }),
  };
}
