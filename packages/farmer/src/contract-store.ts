import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DRAFT, writeDurably } from "@cairn/process";
import { type FileHash, hashKey, type WireObject } from "./wire.ts";

/** What of a contract outlives the process; its tag lies beside it, its chunk can be made again. */
interface ContractRecord {
  hash: FileHash;
  size: number;
  seed: string;
  url?: string;
  /** Of the chunk, once it was made. */
  sha256?: string;
  /** Seconds between two answers, as far as it is known. */
  interval: number;
}

export interface StoredContract {
  /** Of its files; made from the hash, so that no text of a node becomes a path. */
  name: string;
  record: ContractRecord;
}

export interface ContractStore {
  /** Every contract whose record and tag are whole; the remains of others are removed. */
  load(): Promise<StoredContract[]>;
  /** Durable when it resolves, so that the contract is answered for after a crash. */
  add(record: ContractRecord, tag: WireObject): Promise<StoredContract>;
  update(contract: StoredContract): Promise<void>;
  /** Rejects when the tag's file is missing or damaged: nothing can be proved any more. */
  readTag(name: string): Promise<WireObject>;
  /** Removes record, tag and chunk. Idempotent. */
  remove(name: string): Promise<void>;
  chunkPath(name: string): string;
}

const NAME = /^[0-9a-f]{40}$/;

const nameOf = (hash: FileHash): string => createHash("sha256").update(hashKey(hash)).digest("hex").slice(0, 40);

/** Contracts as small files below a directory: `contracts/NAME.json`, `contracts/NAME.tag`, `chunks/NAME`. */
export async function openContractStore(directory: string): Promise<ContractStore> {
  const contracts = join(directory, "contracts");
  const chunks = join(directory, "chunks");
  await mkdir(contracts, { recursive: true, mode: 0o700 });
  await mkdir(chunks, { recursive: true, mode: 0o700 });
  const recordPath = (name: string) => join(contracts, `${name}.json`);
  const tagPath = (name: string) => join(contracts, `${name}.tag`);
  const chunkPath = (name: string) => join(chunks, name);

  return {
    chunkPath,
    async load() {
      const files = new Set(await readdir(contracts));
      const found: StoredContract[] = [];
      for (const file of files) {
        const name = file.replace(/\.json$/, "");
        const record = name === file || !NAME.test(name) ? undefined : await readRecord(recordPath(name));
        if (record !== undefined && files.has(`${name}.tag`)) found.push({ name, record });
      }
      const known = new Set(found.map(({ name }) => name));
      for (const file of files) {
        const ours = DRAFT.test(file) || /^[0-9a-f]{40}\.(json|tag)$/.test(file);
        if (ours && !(known.has(file.slice(0, 40)) && !DRAFT.test(file))) await rm(join(contracts, file));
      }
      for (const file of await readdir(chunks)) {
        if (/^[0-9a-f]{40}(\.part)?$/.test(file) && !known.has(file)) await rm(join(chunks, file));
      }
      return found;
    },
    async add(record, tag) {
      const name = nameOf(record.hash);
      await writeDurably(tagPath(name), JSON.stringify(tag));
      await writeDurably(recordPath(name), JSON.stringify(record));
      return { name, record };
    },
    update: ({ name, record }) => writeDurably(recordPath(name), JSON.stringify(record)),
    readTag: async (name) => JSON.parse(await readFile(tagPath(name), "utf8")),
    async remove(name) {
      for (const path of [recordPath(name), tagPath(name), chunkPath(name), `${chunkPath(name)}.part`]) {
        await rm(path, { force: true });
      }
    },
  };
}

/** Undefined when the file is damaged. */
async function readRecord(path: string): Promise<ContractRecord | undefined> {
  try {
    const value = JSON.parse(await readFile(path, "utf8"));
    const { hash, size, seed, interval } = value;
    const whole =
      (typeof hash === "string" || typeof hash === "number") &&
      Number.isSafeInteger(size) &&
      typeof seed === "string" &&
      typeof interval === "number";
    return whole ? value : undefined;
  } catch {
    return undefined;
  }
}
