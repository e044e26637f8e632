import { open } from "node:fs/promises";
import {
  countChunks,
  proveMerkle,
  proveSwizzle,
  readMerkleChallenge,
  readMerkleTag,
  readSwizzleBeat,
  readSwizzleChallenge,
  readSwizzleTag,
} from "@cairn/proofs/heartbeat";
import type { ContractStore, StoredContract } from "./contract-store.ts";
import { hashChunk, makeChunk, seededBytes } from "./make-chunk.ts";
import type { NodeApi } from "./node-api.ts";
import { readAhead } from "./read-ahead.ts";
import type { FileHash, Scheme, WireObject } from "./wire.ts";

/** Nothing can be proved any more; the message says why. */
export class ContractLost extends Error {}

export interface Prover {
  /**
   * The answer to a challenge. The chunk is made when it is missing, and read whole once in a process before its first proof.
   *
   * @param restored told when a chunk that had been whole was made again
   * @throws ContractLost
   */
  prove(contract: StoredContract, challenge: WireObject, restored: (reason: string) => void): Promise<WireObject>;
  /** Read the chunk whole again before its next proof. */
  doubt(contract: StoredContract): void;
}

export interface ProverParts {
  store: ContractStore;
  api: NodeApi;
  token(): string;
  scheme(): Scheme;
  heartbeat(): WireObject;
  signal: AbortSignal;
}

/** The SHA-256 that a contract's chunk must have, where the node's name for it is one. */
const wantedHash = (hash: FileHash) => (typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined);

export function createProver({ store, api, token, scheme, heartbeat, signal }: ProverParts): Prover {
  const whole = new Set<string>();

  async function ensureChunk(contract: StoredContract, restored: (reason: string) => void): Promise<void> {
    const { name, record } = contract;
    const path = store.chunkPath(name);
    const found = await hashChunk(path, record.size, signal);
    if (found === undefined || found !== record.sha256) {
      const source =
        record.url === undefined ? seededBytes(record.seed, record.size) : await api.fetchShard(token(), record.url);
      const made = await makeChunk(path, source, record.size, record.sha256 ?? wantedHash(record.hash));
      if (made === undefined) throw new ContractLost("what it is to be made from does not give its hash");
      if (record.sha256 === undefined) {
        contract.record = { ...record, sha256: made };
        await store.update(contract);
      } else {
        restored(found === undefined ? "its file was missing or cut short" : "its file was damaged");
      }
    }
    whole.add(name);
  }

  async function proveFromDisk(contract: StoredContract, challenge: WireObject): Promise<WireObject> {
    const { name, record } = contract;
    const tag = await store.readTag(name).catch((cause) => {
      throw new ContractLost(`its tag cannot be read: ${(cause as Error).message}`);
    });
    const file = await open(store.chunkPath(name), "r");
    try {
      const read = readAhead(file);
      return scheme() === "Merkle"
        ? await merkleProof(tag, challenge, record.size, read)
        : await swizzleProof(heartbeat(), tag, challenge, record.size, read);
    } finally {
      await file.close();
    }
  }

  return {
    async prove(contract, challenge, restored) {
      const { name } = contract;
      if (!whole.has(name)) await ensureChunk(contract, restored);
      try {
        return await proveFromDisk(contract, challenge);
      } catch (error) {
        if (error instanceof ContractLost) throw error;
        // The file was removed, cut short or became unreadable since it was read whole.
        whole.delete(name);
        await ensureChunk(contract, restored);
        return await proveFromDisk(contract, challenge);
      }
    },
    doubt: ({ name }) => void whole.delete(name),
  };
}

type Read = (offset: number, length: number) => Promise<Uint8Array>;

async function merkleProof(tag: WireObject, challenge: WireObject, size: number, read: Read): Promise<WireObject> {
  const parsedTag = readMerkleTag(tag);
  const parsed = readMerkleChallenge(challenge);
  // A tag for more bytes than the chunk has could make us read and hash without end.
  if (parsedTag === undefined || parsedTag.fileSize > size) throw new ContractLost("its tag is no Merkle tag");
  if (parsed === undefined || parsed.index >= parsedTag.tree.rounds)
    throw new ContractLost("the challenge fits no tag");
  return proveMerkle(parsedTag, parsed, read);
}

async function swizzleProof(
  heartbeat: WireObject,
  tag: WireObject,
  challenge: WireObject,
  size: number,
  read: Read,
): Promise<WireObject> {
  const beat = readSwizzleBeat(heartbeat);
  const parsedTag = readSwizzleTag(tag);
  const parsed = readSwizzleChallenge(challenge);
  if (beat === undefined || parsedTag?.chunks !== countChunks(beat, size)) {
    throw new ContractLost("its tag is no Swizzle tag of this heartbeat");
  }
  if (parsed === undefined) throw new ContractLost("the challenge is no Swizzle challenge");
  return proveSwizzle({ beat, tag: parsedTag, fileSize: size, read }, parsed);
}
