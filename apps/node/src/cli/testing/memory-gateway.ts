import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { generateKey } from "@cairn/chain";
import type { CompletePackageJson, KeepUploadJson, OpenPackageJson, RenamePackageJson, SignJson } from "@cairn/client";
import { type Address, addressOfKey, type Hex, type JsonSigned } from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { blocksOf, type Held, header, keep, piecesOf } from "./held-package.ts";
import { hex, network, now } from "./memory-network.ts";
import { MemoryWallets } from "./memory-wallets.ts";
import { planOf } from "./quote-plan.ts";

/** What is asked of the gateway: "GET /packages/ID/document" with the ids replaced by `:id`, and the parsed body. */
export interface Asked {
  call: string;
  id: string | undefined;
  /** The wallet in the path, whose place `:address` takes. */
  wallet: string | undefined;
  body: Record<string, unknown>;
  /** It carries something that the owner signed. */
  signed: boolean;
}

/** An answer that never comes, and one of which only the first half does. */
export const HELD = Symbol("held");
export class Half {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes.subarray(0, bytes.length >> 1);
  }
}

/** Changes an answer on its way to the client; Buffers are downloads, all else JSON. */
export type Bend = (asked: Asked, answer: unknown) => unknown;

/**
 * What a client sees of a gateway, for packages of one small piece: everything that it says is consistent and signed by providers' keys,
 * until `bend` changes it. Nothing is encoded or proved: commitments are random numbers, as only the gateway could tell.
 */
export async function startMemoryGateway() {
  const keys = Array.from({ length: 4 }, () => ({ cold: generateKey(), hot: generateKey() }));
  const packages = new Map<string, Held>();
  const asked: Asked[] = [];
  const wallets = new MemoryWallets();
  let owner = "";
  let bend: Bend = (_, answer) => answer;

  function statusOf(id: string) {
    const { open, request, document, documentHash, state } = packages.get(id)!;
    return {
      id,
      state,
      label: open.label,
      layout: open.layout,
      public: open.public ?? false,
      hot: open.hot ?? false,
      mask: open.mask,
      k: open.k,
      n: open.n,
      bytes: request?.bytes ?? 0,
      files: request?.files ?? 0,
      pieces: request?.pieces.length ?? 0,
      root: request?.root ?? null,
      documentHash,
      createdAt: 1 + [...packages.keys()].indexOf(id),
      storedAt: null,
      expiresAt: null,
      strength: { live: 4, needed: open.k, full: open.n },
      progress: { stage: "done", done: 1, total: 1 },
      cause: null,
      next: null,
      pieceList: piecesOf(packages.get(id)!).map(({ length, commP, received }, number) => ({
        number,
        length,
        received,
        commP,
        pieceCid: null,
      })),
      slots: (document?.pieces ?? []).flatMap(({ shards }, piece) =>
        shards.map((one, shard) => ({
          piece,
          shard,
          state: "ACTIVE",
          deal: null,
          provider: null,
          cause: null,
          ...one,
        })),
      ),
      escrow: "1",
      paid: "0",
      pricePerPeriod: "1",
      reserve: "1",
      placement: open.placement ?? {},
      handedOver: 0,
    };
  }

  function recover({ readCapabilities }: { readCapabilities: JsonSigned<"ReadCapability">[] }) {
    const wanted = readCapabilities.map(({ message }) => message.documentHash);
    return [...packages.keys()].map(statusOf).filter(({ documentHash }) => wanted.includes(documentHash as Hex));
  }

  function completePackage(id: string, request: CompletePackageJson): void {
    const held = packages.get(id)!;
    held.request = request;
    held.document = {
      version: 1,
      package: id,
      owner: (held.open.owner ?? owner) as Address,
      root: request.root,
      k: held.open.k,
      n: held.open.n,
      erasure: "rs-cauchy-gf256-v1",
      mask: held.open.mask,
      pieces: request.pieces.map(({ length }) => ({
        length,
        commP: `${hex(31)}00`,
        shards: Array.from({ length: held.open.n }, () => ({
          commitment: hex(32),
          rawLength: Math.ceil(length / held.open.k / 127) * 127,
        })),
      })),
      manifest: { sha256: sha256Hex(held.manifest), size: held.manifest.length },
    };
    const { bytes, documentHash } = encodeDocument(held.document);
    held.documentBytes = Buffer.from(bytes);
    held.documentHash = documentHash;
    held.state = "COMMITTED";
  }

  function answer({ call, id, wallet, body }: Asked, raw: Buffer, query: URLSearchParams): unknown {
    const held = id === undefined ? undefined : packages.get(id);
    if (id !== undefined && held === undefined) return missing();
    switch (call) {
      case "GET /network":
        return network;
      case "GET /settings":
        return {};
      case "GET /status":
        return {
          version: network.version,
          profile: network.profile,
          uptimeSeconds: 60,
          block: 7,
          blockTime: now(),
          period: 0,
          packages: packages.size,
          atFullStrength: packages.size,
          lost: 0,
          bytes: 0,
          providers: 0,
          providersConnected: 0,
          activeDeals: 0,
          provedLastPeriod: 0,
          missedLastPeriod: 0,
          gateways: [{ url: "http://127.0.0.1:4400", silentSeconds: 1, away: false, here: true }],
        };
      case "GET /providers":
        return [];
      case "GET /account":
        return { owner: owner === "" ? null : owner, balance: "123456789", coins: "0" };
      case "PUT /account":
        owner = (body.message as { owner: string }).owner;
        return { owner, balance: "123456789", coins: "0" };
      case "GET /wallets":
        return wallets.list();
      case "GET /wallets/:address/keystore":
        return wallets.keystoreOf(wallet!);
      case "POST /wallets/:address/sign":
        return wallets.sign(wallet!, body as unknown as SignJson);
      case "POST /packages":
        if (packages.has(body.id as string)) return statusOf(body.id as string);
        packages.set(body.id as string, {
          open: body as OpenPackageJson,
          body: [],
          manifest: Buffer.alloc(0),
          documentBytes: Buffer.alloc(0),
          documentHash: null,
          state: "RECEIVING",
        });
        return statusOf(body.id as string);
      case "GET /packages":
        return {
          packages: [...packages]
            .filter(([, { open }]) => query.get("nameHash") === null || open.nameHash === query.get("nameHash"))
            .map(([one]) => statusOf(one)),
          next: null,
        };
      case "PUT /packages/:id/pieces/0":
      case "POST /packages/:id/pieces/0":
        held!.body = [Buffer.concat(held!.body).subarray(0, Number(query.get("offset"))), raw];
        return { received: Buffer.concat(held!.body).length };
      case "PUT /packages/:id/manifest":
      case "POST /packages/:id/manifest":
        held!.manifest = raw;
        return { size: raw.length, sha256: sha256Hex(raw) };
      case "POST /packages/:id/complete":
        completePackage(id!, body as unknown as CompletePackageJson);
        return statusOf(id!);
      case "POST /packages/:id/quote":
        return planOf(packages.get(id!)!, keys);
      case "POST /packages/:id/commit":
      case "POST /packages/:id/repair-key":
        held!.state = "STORED";
        return statusOf(id!);
      case "PUT /packages/:id/name": {
        const { displaced, ...own } = body as unknown as RenamePackageJson;
        const has = displaced === undefined ? undefined : packages.get(displaced.id)!.open.nameHash;
        if (has !== undefined && has !== own.nameHash && has !== displaced?.nameHash) {
          return refusal("name-changed", "conflict");
        }
        for (const one of [...(displaced === undefined ? [] : [displaced]), { ...own, id: id! }]) {
          const { open } = packages.get(one.id)!;
          open.nameHash = one.nameHash;
          open.label = one.label;
        }
        return statusOf(id!);
      }
      case "POST /packages/:id/keep":
        return keep(held!, body as unknown as KeepUploadJson);
      case "POST /packages/:id/abandon": {
        if (held!.state === "STORED") return refusal("wrong-state", "conflict");
        const given = { ...statusOf(id!), state: "ABANDONED" };
        packages.delete(id!);
        return given;
      }
      case "POST /packages/:id/remove":
        held!.state = "ENDING";
        return statusOf(id!);
      case "GET /packages/:id":
        return statusOf(id!);
      case "GET /packages/:id/document":
        return held!.documentBytes;
      case "GET /packages/:id/manifest":
        return held!.manifest;
      case "POST /packages/:id/blocks":
        return blocksOf(held!, body.cids as string[]);
      case "GET /packages/:id/pieces/0":
        return Buffer.concat([header(held!.request!.root), ...held!.body]);
      case "POST /packages/:id/locate":
        return { pieces: [0] };
      case "POST /packages/:id/check":
        return {
          id: "c1",
          package: id,
          kind: body.full === true ? "full" : "scrub",
          state: "done",
          startedAt: 1,
          finishedAt: 2,
          ok: true,
          shards: held!.document!.pieces[0]!.shards.map(({ rawLength }, shard) => ({
            piece: 0,
            shard,
            provider: addressOfKey(keys[shard]!.cold),
            result: "sound",
            detail: "",
            checkedBytes: rawLength,
          })),
        };
      case "GET /recover":
        return {
          packages: [...packages.values()].map(({ documentHash }) => ({ documentHash, deals: 4, known: null })),
          next: null,
        };
      case "POST /recover":
        return recover(body as unknown as { readCapabilities: JsonSigned<"ReadCapability">[] });
      default:
        return missing();
    }
  }

  const server = createServer(async (request, response) => {
    let raw: Buffer;
    try {
      raw = await bodyOf(request);
    } catch {
      // Who was interrupted sends no more.
      return;
    }
    const url = new URL(request.url!, "http://127.0.0.1");
    const path = url.pathname.replace(/^\/api\/v1/, "");
    const id = /^\/packages\/([0-9a-f]{32})/.exec(path)?.[1];
    const wallet = /^\/wallets\/(0x[0-9a-f]{40})/.exec(path)?.[1];
    const json = request.headers["content-type"] === "application/json";
    const signed = request.headers["cairn-capability"] !== undefined || (json && raw.includes('"signature"'));
    const one: Asked = {
      signed,
      call: `${request.method} ${path.replace(/0x[0-9a-f]{40}/, ":address").replace(/[0-9a-f]{32}/, ":id")}`,
      id,
      wallet,
      body: json && raw.length > 0 ? (JSON.parse(raw.toString()) as Record<string, unknown>) : {},
    };
    asked.push(one);
    const given = bend(one, structuredCloneOf(await answer(one, raw, url.searchParams)));
    if (given === HELD) return;
    if (given instanceof Half) response.write(given.bytes);
    else if (Buffer.isBuffer(given)) response.end(given);
    else {
      const failed = typeof given === "object" && given !== null && "error" in given;
      response.writeHead(failed ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(given));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    packages,
    wallets,
    statusOf,
    lie(next: Bend | undefined): void {
      bend = next ?? ((_, answer) => answer);
      asked.length = 0;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const refusal = (code: string, kind: string) => ({ error: { code, kind, message: code } });
const missing = () => refusal("unknown-package", "missing");
const structuredCloneOf = (value: unknown): unknown => (Buffer.isBuffer(value) ? value : structuredClone(value));

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
