import { randomBytes } from "node:crypto";
import { appendFileSync, copyFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chunksOf, identity, listing, makeTree, scratch } from "../../test/helpers.ts";
import {
  type AccountKey,
  bodyBytes,
  type Checkpoint,
  carHeader,
  chainOf,
  filesOf,
  generateAccountKey,
  type Packed,
  packFolder,
  piecesOf,
  restoreFolder,
  unchangedCheckpoints,
  walkFolder,
} from "../index.ts";
import { holderOf, unwrapperOf } from "../keys/recipient.ts";
import type { Unwrap } from "../openpgp/decrypt-message.ts";

const PIECE_LIMIT = 2_500_000;
/** A version 3 packet of 94 bytes for Curve25519, with which every message of ours begins. */
const SESSION_PACKET = Buffer.from([0xc1, 94, 3]);

/** Takes pieces until it has taken `most` bytes; a piece goes on where it was cut back to. */
class BreakingSink {
  pieces: Buffer[] = [];
  taken = 0;
  most = Number.POSITIVE_INFINITY;
  /** Everything that was ever taken, in case two messages have one session key. */
  readonly seen: Buffer[] = [];

  write = (piece: number, bytes: Uint8Array): void => {
    const rest = Buffer.from(bytes).subarray(0, Math.max(0, this.most - this.taken));
    this.taken += rest.length;
    this.pieces[piece] = Buffer.concat([this.pieces[piece] ?? Buffer.alloc(0), rest]);
    this.seen.push(rest);
    if (this.taken >= this.most) throw new Error("broken");
  };
  cut = (): void => undefined;

  keep(checkpoints: readonly Checkpoint[]): void {
    this.pieces = piecesOf(checkpoints).map((piece, number) =>
      (this.pieces[number] ?? Buffer.alloc(0)).subarray(0, bodyBytes(piece)),
    );
  }
}

/** Undefined for bytes that only look like a packet. */
async function opening(unwrap: Unwrap, packet: Uint8Array) {
  try {
    return await unwrap([packet]);
  } catch {
    return undefined;
  }
}

describe("a packing that goes on", () => {
  const dir = scratch();
  const source = dir.join("source");
  let key: AccountKey;

  beforeAll(async () => {
    key = await generateAccountKey({ name: "Tester" });
    const small = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`f${i}`, randomBytes(i * 331)]));
    makeTree(source, {
      ...small,
      large: randomBytes(6_000_000),
      z: { small: randomBytes(5000), empty: Buffer.alloc(0) },
    });
    // What was written less than two seconds before it is read is read again.
    await sleep(500);
  });
  afterAll(dir.remove);

  /** Pack into the sink until it breaks; what is known then is what a process leaves that is killed. */
  async function pack(sink: BreakingSink, known: readonly Checkpoint[], threads: number) {
    const walked = await walkFolder(source);
    const from = unchangedCheckpoints(walked.entries, known);
    sink.keep(from);
    const checkpoints = [...from];
    let read = 0;
    const before = filesOf(from).reduce((sum, { size }) => sum + size, 0);
    let packed: Packed | undefined;
    try {
      packed = await packFolder({
        ...identity(key),
        path: source,
        walked,
        from,
        sink,
        threads,
        pieceLimit: PIECE_LIMIT,
        onCheckpoint: async (checkpoint) => void checkpoints.push(checkpoint),
        onProgress: ({ bytes }) => {
          read = bytes - before;
        },
      });
    } catch (error) {
      expect((error as Error).message).toBe("broken");
    }
    return { packed, checkpoints, from, read };
  }

  async function restored(packed: Packed, sink: BreakingSink): Promise<void> {
    const pieces = sink.pieces.map((body) => Buffer.concat([carHeader(packed.root), body]));
    expect(pieces.map(({ length }) => length)).toEqual(packed.pieces.map(({ length }) => length));
    const out = dir.join("out");
    await restoreFolder({
      manifest: packed.opened,
      key,
      destination: out,
      threads: 0,
      pieces: pieces.map((piece) => chunksOf(piece)),
    });
    expect(listing(out)).toEqual(listing(source));
    rmSync(out, { recursive: true });
  }

  /** No session key carries two messages: each packet opens to a key, and two packets never to the same. */
  async function assertFreshKeys(sink: BreakingSink): Promise<void> {
    const unwrap = await unwrapperOf(holderOf(key));
    const packets = new Set<string>();
    const all = Buffer.concat(sink.seen);
    for (let at = all.indexOf(SESSION_PACKET); at !== -1; at = all.indexOf(SESSION_PACKET, at + 1)) {
      packets.add(all.subarray(at + 2, at + 96).toString("hex"));
    }
    const keys = new Set<string>();
    let opened = 0;
    for (const packet of packets) {
      const session = await opening(unwrap, Buffer.from(packet, "hex"));
      if (session === undefined) continue;
      opened += 1;
      keys.add(Buffer.from(session.key).toString("hex"));
    }
    expect(opened).toBeGreaterThan(50);
    expect(keys.size).toBe(opened);
  }

  it("gives back the same wherever it broke, and reads no file again that was complete", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4_000_000 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(0, 2),
        async (breaks, threads) => {
          const sink = new BreakingSink();
          let known: readonly Checkpoint[] = [];
          for (const most of breaks) {
            sink.taken = 0;
            sink.most = most;
            const { checkpoints, from, packed } = await pack(sink, known, threads);
            expect(from).toEqual(known);
            expect(packed).toBeUndefined();
            known = checkpoints;
          }
          for (const [piece, { chain }] of piecesOf(known).entries()) {
            const body = (sink.pieces[piece] ?? Buffer.alloc(0)).subarray(0, bodyBytes(piecesOf(known)[piece]!));
            expect(Buffer.from(await chainOf(chunksOf(body))).toString("hex")).toBe(chain);
          }
          sink.most = Number.POSITIVE_INFINITY;
          sink.taken = 0;
          const { packed, read } = await pack(sink, known, threads);
          const there = filesOf(known).reduce((sum, { size }) => sum + size, 0);
          expect(read).toBe(packed!.bytes - there);
          expect(sink.taken).toBe(
            sink.pieces.reduce((sum, { length }) => sum + length, 0) -
              piecesOf(known).reduce((sum, piece) => sum + bodyBytes(piece), 0),
          );
          await restored(packed!, sink);
          await assertFreshKeys(sink);
        },
      ),
      { numRuns: 8 },
    );
  });

  it("encrypts anew from the first file on that changed, came or went", async () => {
    const sink = new BreakingSink();
    const first = await pack(sink, [], 0);
    expect(filesOf(first.checkpoints)).toHaveLength(93);
    const whole = sink.taken;
    copyFileSync(dir.join("source/large"), dir.join("source/large.copy"));
    const second = await pack(sink, first.checkpoints, 0);
    expect(second.from.length).toBeGreaterThan(0);
    expect(filesOf(second.from).some(({ path }) => path === "large")).toBe(true);
    await restored(second.packed!, sink);
    rmSync(dir.join("source/large.copy"));
    appendFileSync(dir.join("source/large"), "more");
    sink.taken = 0;
    const third = await pack(sink, second.checkpoints, 0);
    expect(filesOf(third.from).map(({ path }) => path)).not.toContain("large");
    expect(filesOf(third.from).length).toBeGreaterThan(80);
    expect(sink.taken).toBeLessThan(whole);
    await restored(third.packed!, sink);
    await assertFreshKeys(sink);
  });

  it("trusts no time stamp that is younger than a clock is coarse", async () => {
    const path = dir.join("young");
    writeFileSync(path, "young");
    // As a server's clock that is ahead gives it, and one that keeps whole seconds.
    const soon = Math.floor(Date.now() / 1000) + 60;
    utimesSync(path, soon, soon);
    const checkpoints: Checkpoint[] = [];
    const onCheckpoint = async (checkpoint: Checkpoint) => void checkpoints.push(checkpoint);
    await packFolder({ ...identity(key), path, sink: new BreakingSink(), onCheckpoint });
    expect(filesOf(checkpoints)).toMatchObject([{ version: "", size: 5 }]);
    expect(unchangedCheckpoints((await walkFolder(path)).entries, checkpoints)).toEqual([]);
  });
});
