import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CairnClient } from "./client.ts";
import { PartUpload } from "./part-upload.ts";
import { PackageDetailJson } from "./schemas.ts";
import { answersOf } from "./testing/answers.ts";
import { bufferedTransfer } from "./transfer.ts";

const ID = "00112233445566778899aabbccddeeff";
const [answer] = fc.sample(answersOf(PackageDetailJson), { numRuns: 1, seed: 1 }) as [PackageDetailJson];

describe("a piece in parts", () => {
  let server: Server;
  let client: CairnClient;
  let pieces: Buffer[] = [];
  let sizes: number[] = [];
  /** How many bytes of each body arrive before the connection ends; all of them where none is left. */
  let breaks: number[] = [];
  /** The gateway forgets all that it has when more comes. */
  let lost = false;
  let underWay = 0;
  /** At once. */
  let most = 0;

  async function append(request: IncomingMessage, piece: number, offset: number): Promise<number | undefined> {
    const before = (pieces[piece] ?? Buffer.alloc(0)).subarray(0, offset);
    expect(before.length).toBe(offset);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    sizes.push(body.length);
    const broken = breaks.shift();
    if (lost && offset > 0) {
      pieces = [];
      return undefined;
    }
    pieces[piece] = Buffer.concat([before, body.subarray(0, broken ?? body.length)]);
    return broken === undefined ? pieces[piece].length : undefined;
  }

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
      const json = (value: unknown) =>
        response.setHeader("content-type", "application/json").end(JSON.stringify(value));
      const piece = /\/pieces\/(\d+)$/.exec(pathname)?.[1];
      if (piece === undefined) {
        const had = (pieces: Buffer[]) => pieces.map((bytes, number) => ({ number, received: bytes.length }));
        const pieceList = had(pieces).map((one) => ({ ...one, length: 0, commP: null, pieceCid: null }));
        json({ ...answer, id: ID, pieceList });
        return;
      }
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((done) => setImmediate(done));
      const received = await append(request, Number(piece), Number(searchParams.get("offset")));
      underWay -= 1;
      if (received === undefined) request.socket.destroy();
      else json({ received });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new CairnClient({ url, token: "t", transfer: bufferedTransfer });
  });
  afterAll(() => new Promise((done) => server.close(done)));

  async function upload(broken: number[]): Promise<void> {
    [pieces, sizes, breaks] = [[], [], broken];
    const sink = new PartUpload(client, ID, { partBytes: 1000 });
    for (const part of [600, 900, 1]) await sink.write(0, Buffer.alloc(part, part & 255));
    await sink.cut(0);
    // So that what breaks is known; without this, the next piece begins beside it.
    await sink.finish();
    await sink.write(1, Buffer.alloc(2000, 7));
    await sink.cut(1);
    await sink.finish();
  }
  const expected = [Buffer.concat([600, 900, 1].map((n) => Buffer.alloc(n, n & 255))), Buffer.alloc(2000, 7)];

  it("arrives as it was written, and no request is larger than a part", async () => {
    await upload([]);
    expect(pieces).toEqual(expected);
    expect(sizes).toEqual([1000, 501, 1000, 1000]);
  });

  it("goes on behind what the gateway has", async () => {
    [pieces, sizes, breaks] = [[Buffer.alloc(700, 1), Buffer.alloc(0)], [], []];
    const sink = new PartUpload(client, ID, { partBytes: 1000, received: [700] });
    await sink.write(0, Buffer.alloc(1100, 2));
    await sink.cut(0);
    await sink.write(1, Buffer.alloc(10, 3));
    await sink.cut(1);
    await sink.finish();
    expect(pieces).toEqual([Buffer.concat([Buffer.alloc(700, 1), Buffer.alloc(1100, 2)]), Buffer.alloc(10, 3)]);
    expect(sizes.toSorted((a, b) => a - b)).toEqual([10, 100, 1000]);
  });

  it("has no more than three requests under way, whatever is uploaded beside it", async () => {
    [pieces, sizes, breaks, most] = [[], [], [], 0];
    const uploads = Array.from({ length: 6 }, async (_, piece) => {
      const sink = new PartUpload(client, ID, { partBytes: 1000 });
      await sink.write(piece, Buffer.alloc(4500, piece));
      await sink.cut(piece);
      await sink.finish();
    });
    await Promise.all(uploads);
    expect(pieces.map(({ length }) => length)).toEqual([4500, 4500, 4500, 4500, 4500, 4500]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });

  it("goes on where a request broke, also one that had arrived", async () => {
    await upload([300, 0, 700]);
    expect(pieces).toEqual(expected);
    expect(sizes).toEqual([1000, 700, 700, 501, 1000, 1000]);
  });

  it("ends where the gateway has lost what it had", async () => {
    [pieces, sizes, breaks] = [[], [], []];
    const sink = new PartUpload(client, ID, { partBytes: 10 });
    await sink.write(0, Buffer.alloc(10));
    await sink.write(0, Buffer.alloc(9));
    lost = true;
    await sink.cut(0);
    await expect(sink.finish()).rejects.toMatchObject({ code: "upload-lost" });
    lost = false;
  });

  it("tries again for so long only", async () => {
    const sink = new PartUpload(client, ID, { partBytes: 10 });
    [pieces, breaks] = [[], Array.from({ length: 100 }, () => 0)];
    const stopped = new AbortController();
    const stoppable = new PartUpload(client, ID, { partBytes: 10, signal: stopped.signal });
    stopped.abort(new Error("enough"));
    await stoppable.write(0, Buffer.alloc(10));
    await expect(stoppable.cut(0).then(stoppable.finish)).rejects.toThrow();
    expect(breaks.length).toBeGreaterThan(98);
    await sink.write(0, Buffer.alloc(10));
    await expect(sink.cut(0).then(sink.finish)).rejects.toMatchObject({ kind: "unavailable" });
    expect(breaks.length).toBeGreaterThan(70);
  });
});
