import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type MerkleChallenge,
  makeMerkleTag,
  merkleChallengeToWire,
  merkleTagToWire,
  nextSeed,
  readRandomIo,
  verifyMerkleAnswer,
  type WireMerkleTag,
} from "@cairn/proofs/heartbeat";

interface Contract {
  id: number;
  token: string;
  seed: string;
  size: number;
  tag: WireMerkleTag;
  root: Uint8Array;
  chain: Uint8Array;
  challenge: MerkleChallenge;
  due: number;
  answered: boolean;
}

export interface OriginalNode {
  url: string;
  contracts: Contract[];
  /** Accepted answers by contract id. */
  accepted: Map<number, number>;
  requests: string[];
  /** Forget all tokens, as with an empty database. */
  forget(): void;
  /** What the next requests are answered with, whatever they ask. */
  trouble: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface OriginalNodeOptions {
  /** Seconds. */
  interval: number;
  /** Challenges of a chunk. */
  rounds?: number;
  /** Bytes of each chunk, largest first. */
  sizes: number[];
}

const KEY = randomBytes(32);

/**
 * The original node as v0.1.7 behaves on the wire: contract ids as file_hash, due as a float, an HTML page for routes that it does not have,
 * windows on a fixed grid, no word of nonces, shards or rotation.
 */
export async function startOriginalNode({ interval, rounds = 256, sizes }: OriginalNodeOptions): Promise<OriginalNode> {
  const tokens = new Set<string>();
  const contracts: Contract[] = [];
  const accepted = new Map<number, number>();
  let free = [...sizes];
  const now = () => performance.now() / 1000;

  async function hand(token: string, bytes: number): Promise<Contract[]> {
    const handed: Contract[] = [];
    let left = bytes;
    while (handed.length < 10) {
      const size = free.find((one) => one <= left);
      if (size === undefined) break;
      free.splice(free.indexOf(size), 1);
      left -= size;
      handed.push(await make(token, size));
    }
    return handed;
  }

  async function make(token: string, size: number): Promise<Contract> {
    const seed = randomBytes(16).toString("hex");
    const rootSeed = randomBytes(32);
    const read = async (offset: number, length: number) => readRandomIo(seed, offset, length);
    const chunkSize = Math.trunc(0.01 * size);
    const { tag, root } = await makeMerkleTag({ key: KEY, rootSeed, rounds, chunkSize, fileSize: size, read });
    const chain = nextSeed(KEY, rootSeed);
    const challenge = { seed: chain, index: 0 };
    const id = contracts.length + 1;
    const due = now() + interval;
    const contract = { id, token, seed, size, tag: merkleTagToWire(tag), root, chain, challenge, due, answered: false };
    contracts.push(contract);
    return contract;
  }

  const expiry = ({ due, answered }: Contract) => due + (answered ? interval : 0);

  function challengeOf(id: unknown, token: string): object {
    const contract = contracts.find((one) => one.id === id && one.token === token);
    if (contract === undefined) return { file_hash: id, error: "contract not found" };
    if (now() >= expiry(contract)) return { file_hash: id, error: "contract expired" };
    if (now() >= contract.due) {
      if (contract.challenge.index + 1 >= rounds) return { file_hash: id, status: "no more challenges" };
      contract.chain = nextSeed(KEY, contract.chain);
      contract.challenge = { seed: contract.chain, index: contract.challenge.index + 1 };
      contract.due += interval;
      contract.answered = false;
    }
    const { challenge, due, answered } = contract;
    return { file_hash: id, challenge: merkleChallengeToWire(challenge), due: due - now(), answered };
  }

  function answer({ file_hash: id, proof }: { file_hash: unknown; proof: unknown }, token: string): object {
    const contract = contracts.find((one) => one.id === id && one.token === token);
    if (contract === undefined) return { file_hash: id, error: "contract not found" };
    if (now() >= expiry(contract)) return { file_hash: id, error: "Answer failed: contract expired." };
    if (contract.answered) return { file_hash: id, error: "Challenge already answered." };
    const { root, challenge } = contract;
    const verdict = verifyMerkleAnswer({ root, rounds, index: challenge.index }, proof);
    if (verdict !== "ok")
      return { file_hash: id, error: verdict === "corrupted" ? "Proof corrupted" : "Invalid proof" };
    contract.answered = true;
    accepted.set(contract.id, (accepted.get(contract.id) ?? 0) + 1);
    return { file_hash: id, status: "ok" };
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    if (node.trouble !== undefined) return node.trouble(request, response);
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    const error = (status: number, message: string) => json(status, { status: "error", message });
    const [path = ""] = (request.url ?? "").split("?");
    node.requests.push(`${request.method} ${path}`);
    const [, , , version, place, name = "", size] = path.split("/");
    const known = version === "v1" && ["new", "heartbeat", "chunk", "challenge", "answer"].includes(place ?? "");
    if (!known) return void response.writeHead(404, { "content-type": "text/html" }).end("<h1>Not Found</h1>");
    if (place === "new") {
      const token = randomBytes(16).toString("hex");
      tokens.add(token);
      return void json(200, { token, type: "Merkle", heartbeat: { check_fraction: 0.01, key: "" } });
    }
    if (!tokens.has(name)) return void error(place === "heartbeat" ? 404 : 400, "Nonexistent token.");
    const body = parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString());
    switch (place) {
      case "heartbeat":
        return void json(200, { token: name, type: "Merkle", heartbeat: { check_fraction: 0.01, key: "" } });
      case "chunk": {
        const handed = await hand(name, Number(size ?? 33_554_432));
        return void json(200, {
          chunks: handed.map(({ id, due, challenge, seed, size, tag }) => ({
            ...{ seed, size, file_hash: id, tag },
            ...{ challenge: merkleChallengeToWire(challenge), due: due - now() },
          })),
        });
      }
      case "challenge":
        return void json(200, { challenges: (body.hashes as unknown[]).map((id) => challengeOf(id, name)) });
      default:
        return void json(200, {
          report: body.proofs.map((one: { file_hash: unknown; proof: unknown }) => answer(one, name)),
        });
    }
  }

  let server: Server;
  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      server = createServer((request, response) => void respond(request, response));
      server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
  const port = await listen(0);
  const node: OriginalNode = {
    url: `http://127.0.0.1:${port}`,
    contracts,
    accepted,
    requests: [],
    trouble: undefined,
    forget() {
      tokens.clear();
      free = [...sizes];
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    async start() {
      await listen(port);
    },
  };
  return node;
}
