import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CairnClient } from "@cairn/client";
import { PieceUpload } from "@cairn/owner/piece-upload";
import { afterEach, describe, expect, it } from "vitest";
import { nodeTransfer } from "./node-transfer.ts";

const ID = "0".repeat(32);
/** What a gateway says of the package meanwhile, but its pieces. */
const RECEIVING = {
  ...{ id: ID, state: "RECEIVING", label: null, layout: "private", mask: "none", k: 2, n: 4, bytes: 0, files: 0 },
  ...{ pieces: 0, root: null, documentHash: null, createdAt: 1, storedAt: null, expiresAt: null },
  ...{ strength: { live: 0, needed: 2, full: 4 }, progress: { stage: "receiving", done: 0, total: 0 } },
  ...{ public: false, hot: false },
  ...{ cause: null, next: null, slots: [], escrow: "0", paid: "0", pricePerPeriod: "0", reserve: "0", handedOver: 0 },
  placement: {},
};
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that keeps a piece as a gateway does and breaks the connection each time that `breakAt` bytes more have come. */
async function breakingServer(breakAt: number[], forget: (held: Buffer) => Buffer = (held) => held) {
  const pieces = new Map<number, Buffer>();
  const requests: string[] = [];
  const append = async (incoming: IncomingMessage, answer: ServerResponse, piece: number, offset: number) => {
    const { socket } = incoming;
    const parts = [(pieces.get(piece) ?? Buffer.alloc(0)).subarray(0, offset)];
    let most = breakAt.shift() ?? Number.POSITIVE_INFINITY;
    for await (const chunk of incoming) {
      parts.push(chunk as Buffer);
      most -= (chunk as Buffer).length;
      if (most <= 0) break;
    }
    const held = Buffer.concat(parts);
    pieces.set(piece, most <= 0 ? forget(held) : held);
    if (most <= 0) socket.destroy();
    else answer.end(JSON.stringify({ received: held.length }));
  };
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? "", "http://gateway");
    requests.push(`${incoming.method} ${url.pathname.split("/").at(-1)}${url.search}`);
    if (incoming.method === "PUT") {
      const piece = Number(url.pathname.split("/").at(-1));
      append(incoming, answer, piece, Number(url.searchParams.get("offset"))).catch(() => undefined);
      return;
    }
    const pieceList = [...pieces].map(([number, held]) => ({
      number,
      length: held.length,
      received: held.length,
      commP: null,
      pieceCid: null,
    }));
    answer.end(JSON.stringify({ ...RECEIVING, pieceList }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new CairnClient({ url, transfer: nodeTransfer, whenAway: async () => undefined });
  return { client, pieces, requests };
}

async function send(client: CairnClient, pieces: Buffer[], segment: number): Promise<void> {
  const upload = new PieceUpload(client, ID, new AbortController().signal);
  for (const [number, bytes] of pieces.entries()) {
    for (let at = 0; at < bytes.length; at += segment) await upload.write(number, bytes.subarray(at, at + segment));
    await upload.cut();
  }
  await upload.finish();
}

describe("an upload", () => {
  it("goes on with the same bytes where a broken connection left off", async () => {
    const { client, pieces, requests } = await breakingServer([300_000, 1, 200_000]);
    const sent = [randomBytes(2_000_000), randomBytes(500_000)];
    await send(client, sent, 130_000);
    expect(pieces.get(0)?.equals(sent[0] ?? Buffer.alloc(0))).toBe(true);
    expect(pieces.get(1)?.equals(sent[1] ?? Buffer.alloc(0))).toBe(true);
    expect(requests.filter((line) => line.startsWith("PUT"))).toHaveLength(5);
  });

  it("begins anew what the gateway has lost while all of it is at hand", async () => {
    const { client, pieces } = await breakingServer([400_000], () => Buffer.alloc(0));
    const sent = randomBytes(1_500_000);
    await send(client, [sent], 100_000);
    expect(pieces.get(0)?.equals(sent)).toBe(true);
  });

  it("ends with a clear error when what the gateway has lost is gone here too", async () => {
    const { client } = await breakingServer([90_000_000], () => Buffer.alloc(0));
    await expect(send(client, [Buffer.alloc(100_000_000)], 4_194_304)).rejects.toMatchObject({
      code: "upload-lost",
      next: expect.stringContaining("nothing was paid"),
    });
  });
});
