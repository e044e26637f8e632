import { createHash } from "node:crypto";
import type pg from "pg";
import { type Location, NOWHERE } from "../../location/location.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest();

export interface SeededFarmer {
  /** Makes the token's hash, and so the farmer's id. */
  name: string;
  address?: string;
  location?: Location;
  createdAt: number;
  heartbeats?: number;
  missed?: number;
  firstStart?: number;
  coveredUntil?: number;
  coveredSeconds?: number;
}

/** A farmer as the node's own operations would have left it. */
export async function seedFarmer(pool: pg.Pool, farmer: SeededFarmer): Promise<{ token: number; id: string }> {
  const hash = sha256(farmer.name);
  const id = hash.toString("hex").slice(0, 20);
  const { rows } = await pool.query<{ id: number }>(
    `insert into downstream.tokens (token_hash, farmer_id, address, scheme, network_key, ip_hash, location, created_at,
       heartbeats, missed, first_start, covered_until, covered_seconds)
     values ($1, $2, $3, 'Merkle', $4, $4, $5, $6, $7, $8, $9, $10, $11) returning id`,
    [
      hash,
      id,
      farmer.address ?? `1${farmer.name}`,
      sha256(`address of ${farmer.name}`),
      farmer.location ?? NOWHERE,
      farmer.createdAt,
      farmer.heartbeats ?? 0,
      farmer.missed ?? 0,
      farmer.firstStart ?? null,
      farmer.coveredUntil ?? null,
      farmer.coveredSeconds ?? 0,
    ],
  );
  return { token: rows[0]?.id ?? 0, id };
}

export interface SeededContract {
  token: number;
  size: number;
  start: number;
  interval: number;
  answers: number;
  firm?: boolean;
  settled?: boolean;
}

let contracts = 0;

/** A contract on a file of its own. */
export async function seedContract(pool: pg.Pool, contract: SeededContract): Promise<void> {
  const hash = sha256(`contract ${contracts++}`);
  await pool.query(
    `with file as (
       insert into downstream.files (hash, seed, size, interval, wanted, held, added_at)
       values ($1, 'seed', $3, $5, 2, 1, $4) returning id)
     insert into downstream.contracts (token_id, file_id, hash, scheme, size, start, interval, answers, round, firm, settled)
     select $2, file.id, $1, 'Merkle', $3, $4, $5, $6, 0, $7, $8 from file`,
    [
      hash,
      contract.token,
      contract.size,
      contract.start,
      contract.interval,
      contract.answers,
      contract.firm ?? true,
      contract.settled ?? false,
    ],
  );
}
