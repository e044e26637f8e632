import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CAR_HEADER_BYTES } from "@cairn/protocol";
import { decodeDocument } from "@cairn/protocol/document";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { appendPiece } from "./append-piece.ts";
import { completePackage, finishCommitting } from "./complete-package.ts";
import { EarlyWork } from "./early-work.ts";
import { KernelPool } from "./kernels/pool.ts";
import { loadDocument, loadPackage } from "./package-rows.ts";
import { Spool } from "./spool.ts";
import { hex, ID, type MarketWorld, openMarketWorld } from "./testing/market-world.ts";
import type { CompleteRequest } from "./types.ts";

const RAW = 0x55;
const kernels = new KernelPool(2);
let world: MarketWorld;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-complete-"));
});
afterAll(async () => {
  await kernels.close();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  world = await openMarketWorld();
  Object.assign(world.context, {
    ...{ spool: new Spool(directory), early: new EarlyWork(), kernels, writing: new Set(), chains: undefined },
    ...{ log: { warn: () => undefined }, profile: { providers: 0 } },
  });
  await world.addPackage("RECEIVING");
  await world.database.pool.query(
    "update catalog.packages set document_hash = null, shards_root = null, manifest_key = 'm', manifest_sha256 = $1, manifest_size = 1",
    [hex(9)],
  );
});
afterEach(async () => {
  await world.context.early.drop(ID);
  await world.context.spool.removePackage(ID);
  await world.database.drop();
});

/** A block as it stands in a CAR: length, CID of 36 bytes, data (fewer than 92 of them). */
async function frameOf(text: string): Promise<{ cid: CID; bytes: Buffer }> {
  const data = Buffer.from(text);
  const cid = CID.createV1(RAW, await sha256.digest(data));
  return { cid, bytes: Buffer.concat([Buffer.from([36 + data.length]), cid.bytes, data]) };
}

async function send(...pieces: Buffer[]): Promise<{ length: number }[]> {
  for (const [piece, bytes] of pieces.entries()) {
    const body = (async function* () {
      yield bytes;
    })();
    await appendPiece(world.context, { id: ID, piece, offset: 0, body });
  }
  return pieces.map(({ length }) => ({ length: CAR_HEADER_BYTES + length }));
}

const complete = (root: CID | string, pieces: CompleteRequest["pieces"]) =>
  completePackage(world.context, { id: ID, root: root.toString(), pieces, files: 2, bytes: 10 });

describe("completePackage", () => {
  it("indexes every block, commits to every shard and fixes the document", async () => {
    const [first, second] = await Promise.all([frameOf("first"), frameOf("second")]);
    const pieces = await send(first.bytes, second.bytes);
    expect(await complete(first.cid, pieces)).toMatchObject({ state: "COMMITTED", files: 2, bytes: 10 });
    const document = decodeDocument(await loadDocument(world.database.pool, ID));
    expect(document).toMatchObject({
      package: ID,
      root: first.cid.toString(),
      k: 1,
      n: 3,
      manifest: { sha256: hex(9) },
    });
    expect(document.pieces.map(({ length }) => ({ length }))).toEqual(pieces);
    const { rows } = await world.database.pool.query("select piece, cid from catalog.blocks order by piece");
    expect(rows).toEqual([first, second].map(({ cid }, piece) => ({ piece, cid: Buffer.from(cid.bytes) })));
    const { rows: slots } = await world.database.pool.query(
      "select piece, shard, state, source, commitment from catalog.slots order by piece, shard",
    );
    const expected = document.pieces.flatMap(({ shards }, piece) =>
      shards.map(({ commitment }, shard) => ({ piece, shard, state: "EMPTY", source: "spool", commitment })),
    );
    expect(slots).toEqual(expected);
  });

  it("answers the same terms again, and refuses another root", async () => {
    const [one, other] = await Promise.all([frameOf("one"), frameOf("other")]);
    const pieces = await send(one.bytes);
    const [first, again] = await Promise.all([complete(one.cid, pieces), complete(one.cid, pieces)]);
    expect(again).toEqual(first);
    await expect(complete(other.cid, pieces)).rejects.toMatchObject({
      code: "wrong-state",
      details: { state: "COMMITTED" },
    });
  });

  it("refuses what has not been sent whole, and goes on receiving", async () => {
    const { cid, bytes } = await frameOf("whole");
    const [piece] = await send(bytes);
    const more = [{ length: piece!.length + 1 }];
    await expect(complete(cid, more)).rejects.toMatchObject({ code: "piece-incomplete", details: { piece: 0 } });
    await expect(complete(cid, [piece!, piece!])).rejects.toMatchObject({
      code: "piece-incomplete",
      details: { piece: 1 },
    });
    await expect(complete(cid, [])).rejects.toMatchObject({
      code: "piece-incomplete",
      details: { received: 1, expected: 0 },
    });
    await world.database.pool.query("update catalog.packages set manifest_key = null");
    await expect(complete(cid, [piece!])).rejects.toMatchObject({ code: "manifest-missing" });
    expect(await world.stateOf()).toBe("RECEIVING");
  });

  it.each(["", "nonsense", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"])("refuses the root %j", async (root) => {
    await expect(complete(root, [])).rejects.toMatchObject({ code: "bad-root" });
  });

  it("tries what fails at this gateway's disk again, more rarely each time, says so, and gives it back in the end", async () => {
    const { cid, bytes } = await frameOf("on a bad sector");
    const pieces = await send(bytes);
    const { kernels: whole } = world.context;
    const failing = Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" });
    world.context.kernels = { run: () => Promise.reject(failing) } as unknown as typeof whole;
    const { pool } = world.database;
    const row = async () =>
      (
        await pool.query<{ state: string; cause: string; next: string; pause: number }>(
          "select state, cause, next, extract(epoch from next_due_at - now())::float8 as pause from catalog.packages",
        )
      ).rows[0]!;
    const pauses: number[] = [];
    for (let tries = 0; (await row()).state !== "RECEIVING" || tries === 0; tries++) {
      expect(tries).toBeLessThan(20);
      if (tries > 0) {
        await pool.query("update catalog.packages set next_due_at = now()");
        await expect(finishCommitting(world.context, ID)).rejects.toThrow("EIO");
      } else await expect(complete(cid, pieces)).rejects.toThrow("EIO");
      // Asked before it is due it is no further try.
      const { state, pause } = await row();
      if (state === "COMMITTING") {
        pauses.push(pause);
        await expect(complete(cid, pieces)).rejects.toThrow("EIO");
        expect(await row()).toMatchObject({ cause: expect.stringContaining("EIO"), next: expect.any(String) });
        expect((await row()).pause).toBeLessThanOrEqual(pause);
      }
    }
    expect(pauses.length).toBeGreaterThan(3);
    for (const [i, pause] of pauses.entries()) if (i > 0) expect(pause).toBeGreaterThan(1.5 * pauses[i - 1]!);
    expect(await row()).toMatchObject({
      cause: expect.stringContaining("EIO"),
      next: expect.stringContaining("again"),
    });
    // Sent again, it is on another place of the disk.
    world.context.kernels = whole;
    expect(await complete(cid, await send(bytes))).toMatchObject({ state: "COMMITTED" });
  });

  it("gives back a package with a block that is not what its CID says, or without its root", async () => {
    const [{ cid, bytes }, elsewhere] = await Promise.all([frameOf("right"), frameOf("elsewhere")]);
    const wrong = Buffer.from(bytes);
    wrong.writeUInt8(0, wrong.length - 1);
    await expect(complete(cid, await send(wrong))).rejects.toMatchObject({ code: "corrupt-block" });
    expect(await loadPackage(world.database.pool, ID)).toMatchObject({
      state: "RECEIVING",
      root: null,
      cause: expect.any(String),
    });
    await expect(complete(elsewhere.cid, await send(bytes))).rejects.toMatchObject({ code: "root-missing" });
    const { rowCount } = await world.database.pool.query("select from catalog.blocks");
    expect([await world.stateOf(), rowCount]).toEqual(["RECEIVING", 0]);
    expect(await complete(cid, await send(bytes))).toMatchObject({ state: "COMMITTED" });
  });

  it("goes on with what a crash left COMMITTING, and gives back a spool that lost bytes", async () => {
    const { cid, bytes } = await frameOf("kept");
    const pieces = await send(bytes);
    const leave = async () => {
      await world.database.pool.query("update catalog.packages set state = 'COMMITTING', root = $1", [cid.toString()]);
      await world.database.pool.query("insert into catalog.pieces (package, number, length) values ($1, 0, $2)", [
        ID,
        pieces[0]!.length,
      ]);
    };
    await leave();
    await truncate(world.context.spool.piecePath(ID, 0), pieces[0]!.length - 1);
    await expect(complete(cid, pieces)).rejects.toMatchObject({ code: "corrupt-spool" });
    expect(await world.stateOf()).toBe("RECEIVING");
    await send(bytes);
    await leave();
    expect(await complete(cid, pieces)).toMatchObject({ state: "COMMITTED" });
  });
});
