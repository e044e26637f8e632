import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type BlockFrame, FIND_PUBLIC_BLOCKS, findPublicBlocks, insertBlocks, removeBlocks } from "@cairn/catalog";
import { signedToJson } from "@cairn/protocol";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Spool } from "../spool.ts";
import { EXECUTOR, hex, MANIFEST, type MarketWorld, NOW, openMarketWorld } from "../testing/market-world.ts";
import { readPublicBlocks } from "./read-public.ts";

let world: MarketWorld;
let directory: string;
let spool: Spool;
beforeEach(async () => {
  world = await openMarketWorld();
  directory = await mkdtemp(join(tmpdir(), "cairn-public-"));
  spool = new Spool(directory);
  const nobody = { reachable: () => false, seek: async () => undefined, providerOf: () => undefined };
  Object.assign(world.context, { spool, transport: nobody, random: { bytes: (n: number) => new Uint8Array(n) } });
  Object.assign(world.context, { stopping: new AbortController().signal, log: { warn() {}, error() {}, info() {} } });
});
afterEach(async () => {
  await world.database.drop();
  await rm(directory, { recursive: true });
});

const DAG_PB = 0x70;
const RAW = 0x55;
const digest = (data: Uint8Array) => create(0x12, createHash("sha256").update(data).digest());
const v0 = (data: Uint8Array) => CID.createV0(digest(data));
const v1 = (data: Uint8Array, codec = RAW) => CID.createV1(codec, digest(data));
const HEADER = 59;

/** A hot package of one piece with these blocks. */
async function add(n: number, isPublic: boolean, blocks: [CID, Uint8Array][], state = "STORED"): Promise<string> {
  const id = String(n).repeat(32);
  await world.addPackage(state as never, { id, account: n % 2 === 0 ? "local" : "other", name: n });
  const message = { documentHash: MANIFEST, audience: EXECUTOR, expiry: BigInt(NOW + 9999) };
  await world.database.pool.query(
    "update catalog.packages set public = $2, hot = true, read_capability = $3, document_hash = $4 where id = $1",
    [id, isPublic, signedToJson(world.sign("ReadCapability", message)), MANIFEST],
  );
  const parts: Buffer[] = [Buffer.alloc(HEADER)];
  const frames: BlockFrame[] = [];
  let offset = HEADER;
  for (const [cid, data] of blocks) {
    const body = cid.bytes.length + data.length;
    const prefix = body < 128 ? Buffer.from([body]) : Buffer.from([(body % 128) | 128, body >> 7]);
    const frame = Buffer.concat([prefix, cid.bytes, data]);
    parts.push(frame);
    frames.push({ cid: cid.bytes, offset, length: frame.length });
    offset += frame.length;
  }
  const path = spool.piecePath(id, 0);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, Buffer.concat(parts));
  await world.database.pool.query(
    "insert into catalog.pieces (package, number, length, comm_p, indexed) values ($1, 0, $2, $3, true)",
    [id, offset, hex(0)],
  );
  await insertBlocks(world.database.pool, id, 0, frames);
  return id;
}

async function read(cids: CID[]): Promise<string[]> {
  const got: string[] = [];
  for await (const data of readPublicBlocks(world.context, { cids: cids.map(String) }))
    got.push(Buffer.from(data).toString());
  return got;
}

const [a, b, c] = ["first block", "second block, which is longer than the first".repeat(5), "third"].map((text) =>
  Buffer.from(text),
) as [Buffer, Buffer, Buffer];

it("gives blocks in the order asked, by whichever CID names the same bytes, from whoever's public package has them", async () => {
  await add(2, true, [
    [v0(a), a],
    [v1(b), b],
  ]);
  await add(3, true, [[v1(c), c]], "PLACING");
  expect(await read([v1(c), v1(a, DAG_PB), v1(b), v0(a), v1(b)])).toEqual([c, a, b, a, b].map(String));
});

it("gives nothing of what is not public, was removed, or is of another hash", async () => {
  await add(2, false, [[v1(a), a]]);
  await add(4, true, [[v1(b), b]], "REMOVED");
  await add(6, true, [[v1(c), c]]);
  const identity = CID.createV1(RAW, create(0, digest(c).digest));
  for (const cid of [v1(a), v1(b), identity])
    await expect(read([cid])).rejects.toMatchObject({ code: "block-unknown" });
  await expect(read([v1(c), v1(a)])).rejects.toMatchObject({ code: "block-unknown" });
});

it("asks the next package that has a block when one cannot give it", async () => {
  const broken = await add(2, true, [
    [v1(a), a],
    [v1(b), b],
  ]);
  await add(4, true, [
    [v1(c), c],
    [v1(b), b],
    [v1(a), a],
  ]);
  await writeFile(spool.piecePath(broken, 0), Buffer.alloc(HEADER + 40));
  expect(await read([v1(a), v1(b), v1(c)])).toEqual([a, b, c].map(String));
});

it("looks a block up in a few steps, however often one package repeats it and others have it", async () => {
  const { pool } = world.database;
  const plain = await add(2, true, [[v1(a), a]]);
  const hidden = await add(3, false, [[v1(b), b]]);
  const repeated = 200_000;
  for (const [id, block] of [
    [plain, a],
    [hidden, a],
  ] as const) {
    const cid = v1(block).bytes;
    await insertBlocks(
      pool,
      id,
      1,
      Array.from({ length: repeated }, (_, i) => ({ cid, offset: HEADER + i * 60, length: 60 })),
    );
  }
  await pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set, public)
     select md5(i::text), account, owner, sha256(i::text::bytea), label, 'REMOVED', k, n, mask, layout, days, verifier_set, true
     from catalog.packages, generate_series(1, 1000) as i where id = $1`,
    [plain],
  );
  await pool.query(
    "insert into catalog.public_blocks select $1, md5(i::text), 0, 0 from generate_series(1, 1000) as i",
    [Buffer.from(digest(b).digest)],
  );
  // The database knows nothing of the tables yet, and then all.
  for (const known of [false, true]) {
    if (known) await pool.query("analyze catalog.blocks; analyze catalog.public_blocks; analyze catalog.packages");
    const asked = [a, a, b, c, a].map((data) => Buffer.from(digest(data).digest));
    const { rows } = await pool.query(`explain (analyze, buffers, format json) ${FIND_PUBLIC_BLOCKS}`, [asked]);
    const [{ Plan: plan }] = (rows[0] as { "QUERY PLAN": [{ Plan: Record<string, number> }] })["QUERY PLAN"];
    // Of b a hundred holders are looked at, each by some pages of an index.
    expect(plan["Shared Hit Blocks"]! + plan["Shared Read Blocks"]!).toBeLessThan(2000);
    expect(await findPublicBlocks(pool, asked)).toMatchObject([{ package: plain }]);
  }
  expect(await read([v1(a), v1(a)])).toEqual([a, a].map(String));
  await removeBlocks(pool, plain, 0);
  expect(await findPublicBlocks(pool, [digest(a).digest])).toMatchObject([{ package: plain, piece: 1 }]);
  await removeBlocks(pool, plain);
  expect(await findPublicBlocks(pool, [digest(a).digest])).toEqual([]);
  expect((await pool.query("select from catalog.public_blocks where package = $1", [plain])).rowCount).toBe(0);
}, 120_000);
