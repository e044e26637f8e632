import { createHash, randomBytes } from "node:crypto";
import { catalogMigrations, ensureAccount } from "@cairn/catalog";
import { generateKey } from "@cairn/chain";
import { ALWAYS_ON, type Deployment } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { type Address, type CommitmentDocument, type DealState, type Hex, signTyped } from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import { addressOfKey } from "@cairn/protocol/keys";
import type { PoolClient } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "./context.ts";
import { HandedBytes } from "./handed-bytes.ts";
import { listRecoverable, recoverPackages } from "./recover-packages.ts";

const hex = (bytes: number): Hex => `0x${randomBytes(bytes).toString("hex")}`;
const NOW = 1_800_000_000;
const executor = addressOfKey(generateKey()).toLowerCase() as Address;
const deployment: Deployment = {
  ...{
    chainId: 26170,
    deals: `0x${"11".repeat(20)}`,
    registry: `0x${"22".repeat(20)}`,
    ledger: `0x${"33".repeat(20)}`,
  },
  ...{ genesisTime: NOW - 86_400, periodSeconds: 3600, graceSeconds: 60, disputePeriods: 24 },
  ...{ voteWindowPeriods: 4, proposalSeconds: 86_400, deployedAt: 1 },
};

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  for (const account of ["victim", "other"]) await ensureAccount(database.pool, account);
});
afterAll(() => database.drop());

/** A package with this id that its owner made, proposed and stored on chain: anybody can write any id into a document. */
async function onChain(id: string, n = 1) {
  const key = generateKey();
  const owner = addressOfKey(key).toLowerCase() as Address;
  const manifest = randomBytes(100);
  const shard = { commitment: hex(32), rawLength: 508 };
  const document: CommitmentDocument = {
    ...{ version: 1, package: id, owner, k: 1, n, mask: "none", erasure: "rs-cauchy-gf256-v1" },
    root: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
    pieces: [{ length: 500, commP: `${hex(31)}00`, shards: Array.from({ length: n }, () => shard) }],
    manifest: { sha256: `0x${createHash("sha256").update(manifest).digest("hex")}`, size: manifest.length },
  };
  const { bytes, documentHash } = encodeDocument(document);
  const provider = hex(20) as Address;
  const deal = async (state: DealState, { shard: number = 0, at = NOW } = {}) => {
    await database.pool.query(
      `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods,
         duty, verifier_set, escrow, deadline, state, proposed_at, received_at, activated_at, proposed_block)
       values ($1, $2, $3, $4, 0, $10, $5, 508, 0, 100, $6, $7, 0, $8, $9, $8::bigint - 60, $8, $8, 1)`,
      [hex(32), documentHash, owner, provider, shard.commitment, ALWAYS_ON, hex(32), at, state, number],
    );
  };
  await deal("ACTIVE");
  const message = { documentHash, audience: executor, expiry: BigInt(NOW + 3600) };
  const capability = { message, signature: signTyped("ReadCapability", message, deployment, key) };
  const answer = { document: Buffer.from(bytes).toString("base64"), manifest: manifest.toString("base64") };
  return { owner, key, provider, capability, answer, documentHash, deal };
}

type Package = Awaited<ReturnType<typeof onChain>>;

const kept = new Set<string>();

function recover(
  account: string,
  { owner, provider, capability, answer }: Package,
  now = NOW,
  pool: Context["pool"] = database.pool,
) {
  const context = {
    pool,
    // The machine's clock is two hours ahead of the chain.
    clock: { now: () => now + 7200 },
    chainNow: () => now,
    executor,
    deployment,
    random: { bytes: (length: number) => new Uint8Array(randomBytes(length)) },
    stopping: new AbortController().signal,
    ledger: { deal: async () => undefined, packageReserve: async () => 0n },
    blobs: {
      putIfAbsent: async (key: string) => kept.add(key),
      remove: async (key: string) => kept.delete(key),
      size: async (key: string) => (kept.has(key) ? 100 : undefined),
    },
    transport: {
      async request(asked: Address) {
        expect(asked).toBe(provider);
        return answer;
      },
    },
    spool: { received: async () => new Map() },
    early: new Map(),
    writing: new Set(),
    committing: new Map(),
    handed: new HandedBytes(),
    wake: () => undefined,
  } as unknown as Context;
  return recoverPackages(context, { account, owner, capabilities: [capability] });
}

/** As `abandonPackage` leaves it. */
const abandonRow = async (id: string) => {
  await database.pool.query("delete from catalog.slots where package = $1", [id]);
  await database.pool.query("update catalog.packages set state = 'ABANDONED' where id = $1", [id]);
};

const rowsOf = async (id: string) => {
  const { rows } = await database.pool.query(
    `select p.account, p.owner, p.document_hash, array_agg(s.commitment) as commitments, array_agg(s.deal) as deals
       from catalog.packages p join catalog.slots s on s.package = p.id where p.id = $1 group by 1, 2, 3`,
    [id],
  );
  return rows;
};

describe("a package whose id another one has", () => {
  it.each([
    ["another owner's", "other"],
    ["another owner's, by the same account", "victim"],
  ])("is not recovered over it (%s), and leaves nothing behind", async (_, account) => {
    const id = randomBytes(16).toString("hex");
    const mine = await onChain(id);
    await recover("victim", mine);
    const before = await rowsOf(id);
    expect(before).toMatchObject([{ account: "victim", owner: mine.owner, document_hash: mine.documentHash }]);
    const files = new Set(kept);
    await expect(recover(account, await onChain(id))).rejects.toMatchObject({
      code: "package-id-taken",
      kind: "conflict",
      message: expect.stringContaining(id),
    });
    expect(await rowsOf(id)).toEqual(before);
    expect(kept).toEqual(files);
    await expect(recover("victim", mine)).resolves.toMatchObject([{ id }]);
  });
});

describe("a package that the chain knows", () => {
  const anyId = () => randomBytes(16).toString("hex");
  const signedBy = (key: Hex, message: Package["capability"]["message"]) => ({
    message,
    signature: signTyped("ReadCapability", message, deployment, key),
  });

  it("is registered with its document, its live deals and the permission to read it", async () => {
    const id = anyId();
    const one = await onChain(id);
    await expect(recover("victim", one)).resolves.toMatchObject([{ id, state: "STORED" }]);
    const { rows } = await database.pool.query(
      `select p.read_capability->>'signature' as permission, s.state, s.provider from catalog.packages p
         join catalog.slots s on s.package = p.id where p.id = $1`,
      [id],
    );
    expect(rows).toEqual([{ permission: one.capability.signature, state: "ACTIVE", provider: one.provider }]);
  });

  it("was stored when its last shard was proved for the first time, whatever was repaired since", async () => {
    const one = await onChain(anyId(), 2);
    await one.deal("FAILED", { at: NOW - 5000 });
    await one.deal("ACTIVE", { shard: 1, at: NOW - 4000 });
    await expect(recover("victim", one)).resolves.toMatchObject([{ createdAt: NOW - 5060, storedAt: NOW - 4000 }]);
  });

  it("was never stored where a shard of it was never proved", async () => {
    await expect(recover("victim", await onChain(anyId(), 2))).resolves.toMatchObject([
      { storedAt: null, state: "DEGRADED" },
    ]);
  });

  it("is ending where its owner gave notice, through whichever gateway, and is not said to be over by itself", async () => {
    const one = await onChain(anyId());
    await database.pool.query("update catalog.deals set last_period = 30 where document_hash = $1", [one.documentHash]);
    await expect(recover("victim", one)).resolves.toMatchObject([{ state: "ENDING" }]);
    const { rows } = await database.pool.query(
      "select next_due_at is not null as due from catalog.packages where document_hash = $1",
      [one.documentHash],
    );
    expect(rows).toEqual([{ due: true }]);
  });

  it("is still to be recovered until its repair key is set, however far it came", async () => {
    const one = await onChain(anyId());
    const known = async () =>
      (await listRecoverable({ pool: database.pool }, one)).packages.map((found) => found.known);
    expect(await known()).toEqual([null]);
    const [recovered] = await recover("victim", one);
    expect(await known()).toEqual([null]);
    expect(await recover("victim", one)).toEqual([recovered]);
    await database.pool.query("update catalog.packages set repair_key = $2 where id = $1", [
      recovered!.id,
      randomBytes(32),
    ]);
    expect(await known()).toEqual([recovered!.id]);
  });

  it("keeps its manifest though the connection dies behind the commit, and fetches one that is lost anew", async () => {
    const one = await onChain(anyId());
    let dead = false;
    const pool = Object.create(database.pool, {
      connect: {
        value: async () => {
          const real = await database.pool.connect();
          const query = async (...[text, values]: [string, unknown[]]) => {
            const result = await real.query(text, values);
            if (!/^commit$/i.test(text)) return result;
            dead = true;
            throw new Error("Connection terminated unexpectedly");
          };
          const release = () => real.release();
          return { query, release, on: () => undefined, off: () => undefined } as unknown as PoolClient;
        },
      },
      query: { value: database.pool.query.bind(database.pool) },
    });
    await expect(recover("victim", one, NOW, pool)).rejects.toThrow("terminated");
    expect(dead).toBe(true);
    const manifest = async () => {
      const { rows } = await database.pool.query(
        "select manifest_key as key from catalog.packages where document_hash = $1",
        [one.documentHash],
      );
      return (rows[0] as { key: string }).key;
    };
    expect(kept).toContain(await manifest());
    kept.delete(await manifest());
    await recover("victim", one);
    expect(kept).toContain(await manifest());
  });

  it("is recovered where this gateway had undone it", async () => {
    const one = await onChain(anyId());
    const [first] = await recover("victim", one);
    await abandonRow(first!.id);
    await expect(recover("victim", one)).resolves.toMatchObject([{ id: first!.id, state: "STORED" }]);
    // By another account's row nothing is gained.
    await abandonRow(first!.id);
    await expect(recover("other", one)).rejects.toMatchObject({ code: "package-id-taken" });
  });

  it("is recovered once, however often it is asked for", async () => {
    const one = await onChain(anyId());
    const [first] = await recover("victim", one);
    const before = kept.size;
    expect(await recover("victim", one)).toEqual([first]);
    expect(kept.size).toBe(before);
  });

  it.each([
    ["another document", { document: Buffer.from("another").toString("base64") }],
    ["another manifest", { manifest: randomBytes(100).toString("base64") }],
    ["a cut manifest", { manifest: "" }],
  ])("refuses %s that a provider gives", async (_, wrong) => {
    const id = anyId();
    const one = await onChain(id);
    const before = kept.size;
    await expect(recover("victim", { ...one, answer: { ...one.answer, ...wrong } })).rejects.toMatchObject({
      code: "manifest-unavailable",
      details: { refusals: [expect.stringContaining("has another hash than the")] },
    });
    expect([await rowsOf(id), kept.size]).toEqual([[], before]);
  });

  it("is not opened with a permission for another gateway, of another's hand, or that ran out", async () => {
    const one = await onChain(anyId());
    const { message } = one.capability;
    const elsewhere = signedBy(one.key, { ...message, audience: one.owner });
    await expect(recover("victim", { ...one, capability: elsewhere })).rejects.toMatchObject({
      code: "bad-capability",
    });
    const forged = signedBy(generateKey(), message);
    await expect(recover("victim", { ...one, capability: forged })).rejects.toMatchObject({ code: "bad-signature" });
    await expect(recover("victim", one, NOW + 3600)).rejects.toMatchObject({ code: "bad-capability" });
  });

  it("is not found without a live deal", async () => {
    const one = await onChain(anyId());
    await database.pool.query("update catalog.deals set state = 'FAILED' where document_hash = $1", [one.documentHash]);
    await expect(recover("victim", one)).rejects.toMatchObject({ code: "nothing-to-recover" });
  });
});
