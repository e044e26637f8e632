import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CAR_HEADER_BYTES } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appendPiece } from "./append-piece.ts";
import { Spool } from "./spool.ts";
import { ID, type MarketWorld, openMarketWorld } from "./testing/market-world.ts";

const LIMIT = CAR_HEADER_BYTES + 100;

let world: MarketWorld;
let directory: string;
/** Pieces that early work was begun for, with their lengths, and those whose work was dropped. */
let begun: [piece: number, length: number][];
let dropped: (number | undefined)[];

beforeEach(async () => {
  world = await openMarketWorld();
  directory = await mkdtemp(join(tmpdir(), "cairn-append-"));
  [begun, dropped] = [[], []];
  Object.assign(world.context, {
    spool: new Spool(directory),
    writing: new Set(),
    pieceLimit: LIMIT,
    early: {
      begin: (_context: unknown, _row: unknown, { number, length }: { number: number; length: number }) =>
        begun.push([number, length]),
      drop: async (_id: string, piece?: number) => dropped.push(piece),
    },
  });
  await world.addPackage("RECEIVING");
});
afterEach(async () => {
  await world.database.drop();
  await rm(directory, { recursive: true });
});

async function* parts(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const append = (text: string | AsyncIterable<Uint8Array>, offset = 0, piece = 0) =>
  appendPiece(world.context, { id: ID, piece, offset, body: typeof text === "string" ? parts(text) : text });
const stored = async (piece = 0) =>
  (await readFile(world.context.spool.piecePath(ID, piece))).subarray(CAR_HEADER_BYTES).toString();

describe("appendPiece", () => {
  it("goes on behind what is there, and drops what was behind the offset", async () => {
    expect(await append(parts("abc", "def"))).toEqual({ received: 6 });
    expect(await append("ghi", 6)).toEqual({ received: 9 });
    expect(await append("X", 4)).toEqual({ received: 5 });
    expect(await stored()).toBe("abcdX");
  });

  it("keeps what came of a connection that broke, and goes on from there", async () => {
    const broken = (async function* () {
      yield Buffer.from("abc");
      throw new Error("the line broke");
    })();
    await expect(append(broken)).rejects.toThrow("the line broke");
    await expect(append("z", 4)).rejects.toMatchObject({ code: "wrong-offset", details: { received: 3 } });
    expect(await append("def", 3)).toEqual({ received: 6 });
    expect(await stored()).toBe("abcdef");
  });

  it.each([-1, 1, 0.5, Number.NaN])("refuses the offset %d of an empty piece", async (offset) => {
    await expect(append("a", offset)).rejects.toMatchObject({ code: "wrong-offset", details: { received: 0 } });
  });

  it.each([-1, 0.5, 100_000])("refuses a piece numbered %d", async (piece) => {
    await expect(append("a", 0, piece)).rejects.toMatchObject({ code: "bad-piece" });
  });

  it("takes a piece of the largest length, and no byte more", async () => {
    expect(await append("a".repeat(100))).toEqual({ received: 100 });
    await expect(append("b", 100)).rejects.toMatchObject({ code: "piece-too-large", details: { limit: LIMIT } });
    expect(await stored()).toBe("a".repeat(100));
  });

  it("takes no more than the disk has room for", async () => {
    world.context.spool.freeBytes = async () => 10;
    await expect(append("a".repeat(11))).rejects.toMatchObject({ code: "no-space" });
  });

  it("lets one request at a time write a piece, and others write other pieces", async () => {
    const rest = Promise.withResolvers<void>();
    const slow = (async function* () {
      yield Buffer.from("abc");
      await rest.promise;
      yield Buffer.from("def");
    })();
    const first = append(slow);
    while (world.context.writing.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await expect(append("xyz")).rejects.toMatchObject({ code: "upload-busy" });
    expect(await append("other", 0, 1)).toEqual({ received: 5 });
    // Piece 0 is still being written: nothing is begun for it.
    expect(begun).toEqual([]);
    rest.resolve();
    expect(await first).toEqual({ received: 6 });
    expect(await stored()).toBe("abcdef");
    expect(begun).toEqual([[0, CAR_HEADER_BYTES + 6]]);
    expect(await append("again")).toEqual({ received: 5 });
  });

  it("has the piece before worked on once the next one begins, and drops the work on one that changes", async () => {
    await append("abc");
    await append("de", 0, 1);
    expect(begun).toEqual([[0, CAR_HEADER_BYTES + 3]]);
    expect(dropped).toEqual([0, 1]);
    await append("X", 0);
    expect(dropped).toEqual([0, 1, 0]);
    expect(begun.at(-1)).toEqual([0, CAR_HEADER_BYTES + 1]);
  });

  it.each(["COMMITTING", "COMMITTED", "STORED", "ABANDONED"] as const)(
    "takes nothing for a package that is %s",
    async (state) => {
      await world.database.pool.query("update catalog.packages set state = $1", [state]);
      await expect(append("a")).rejects.toMatchObject({ code: "wrong-state", details: { state } });
    },
  );
});
