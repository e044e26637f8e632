import { createHash, hash, randomBytes } from "node:crypto";
import { makeMerkleTag, merkleChunkSize, nextSeed, proveMerkle, readRandomIo } from "@cairn/proofs/heartbeat";
import type pg from "pg";
import type { Beats } from "../../beats.ts";

const FILE_SEED = "the file that all these contracts are about";
const FILE_BYTES = 1000;

/** One tagged file that any number of contracts may be about: for tests and measurements in which tagging is not the point. */
export interface SharedFile {
  rounds: number;
  root: Buffer;
  /** The seed before that of challenge 0. */
  rootSeed: Buffer;
  /** The right answer to each challenge. */
  proofs: unknown[];
}

export async function sharedFile(beats: Beats, rounds = 256): Promise<SharedFile> {
  const rootSeed = randomBytes(32);
  const read = (offset: number, length: number) => readRandomIo(FILE_SEED, offset, length);
  const sizes = { chunkSize: merkleChunkSize(FILE_BYTES, 0.01), fileSize: FILE_BYTES };
  const { tag, root } = await makeMerkleTag({ key: beats.merkleKey, rootSeed, rounds, read, ...sizes });
  const proofs: unknown[] = [];
  let seed: Buffer = rootSeed;
  for (let index = 0; index < rounds; index += 1) {
    seed = nextSeed(beats.merkleKey, seed);
    proofs.push(await proveMerkle(tag, { seed, index }, read));
  }
  return { rounds, root, rootSeed, proofs };
}

/** The token of farmer `number`, counted from 1. */
export function farmerToken(number: number): string {
  return hash("md5", `farmer ${number}`, "hex");
}

/** The hash of contract `contract` of farmer `farmer`, both counted from 1. */
export function contractHash(farmer: number, contract: number): string {
  return hash("sha256", `content ${farmer} ${contract}`, "hex");
}

/** What farmers are registered from unless something else is said. */
export const HOME_NETWORK = createHash("sha256").update("home network").digest();

export interface FarmersOptions {
  farmers: number;
  contractsEach: number;
  /** Seconds since 1970 at which all contracts began. */
  start: number;
  interval: number;
  /** Of each farmer's address; HOME_NETWORK by default. */
  networkKey?: (farmer: number) => Buffer;
  /** Farmers are counted on from here. */
  first?: number;
}

/** Farmers with contracts on `file` that nobody has answered yet, as hand-outs would have left them. */
export async function insertFarmers(pool: pg.Pool, file: SharedFile, options: FarmersOptions): Promise<void> {
  const { farmers, contractsEach, start, interval, networkKey = () => HOME_NETWORK, first = 1 } = options;
  const last = first + farmers - 1;
  await pool.query(
    `insert into downstream.tokens
       (token_hash, farmer_id, address, scheme, network_key, ip_hash, location, created_at, first_start, covered_until, covered_seconds)
     select h, left(encode(h, 'hex'), 20), 'address ' || n, 'Merkle', key, key, '{"country": null}', $4, $4, $4 + $5::float8, $5
     from generate_series($1::int, $2::int) n, sha256(decode(md5('farmer ' || n), 'hex')) h,
       substring($3::bytea from (n - $1) * 32 + 1 for 32) key order by n`,
    [first, last, Buffer.concat(Array.from({ length: farmers }, (_, i) => networkKey(first + i))), start, interval],
  );
  await pool.query(
    `insert into downstream.files (hash, seed, size, interval, wanted, held, added_at)
     select sha256(convert_to('content ' || n || ' ' || m, 'utf8')), $3, $4, $6, 1, 1, $5
     from generate_series($1::int, $2::int) n, generate_series(1, $7::int) m order by n, m`,
    [first, last, FILE_SEED, FILE_BYTES, start, interval, contractsEach],
  );
  await pool.query(
    `insert into downstream.contracts
       (token_id, file_id, hash, scheme, size, start, interval, root, seed, rounds, round, firm)
     select t.id, f.id, f.hash, 'Merkle', f.size, $3, $4, $5, $6, $7, 0, true
     from generate_series($1::int, $2::int) n, generate_series(1, $8::int) m,
       downstream.tokens t, downstream.files f
     where t.token_hash = sha256(decode(md5('farmer ' || n), 'hex'))
       and f.hash = sha256(convert_to('content ' || n || ' ' || m, 'utf8'))
     order by n, m`,
    [first, last, start, interval, file.root, file.rootSeed, file.rounds, contractsEach],
  );
}

/** The chunks of all contracts, with tags too short to be any, as they are kept until the first answer. */
export async function insertChunks(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into downstream.chunks (file_id, scheme, tag, root, seed, rounds, contract_id)
     select c.file_id, 'Merkle', '{}', c.root, c.seed, c.rounds, c.id
     from downstream.contracts c left join downstream.chunks k on k.contract_id = c.id where k.id is null`,
  );
}
