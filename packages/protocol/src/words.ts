/** A `0x` string of lower-case hex; ids of 32 bytes and addresses of 20 are both of this type. */
export type Hex = `0x${string}`;
export type Address = Hex;
/** EIP-712 digest of the deal's quote (docs/protocol.md, 2). */
export type DealId = Hex;
/** 16 random bytes as 32 hex digits without prefix. */
export type PackageId = string;
/** Wei. */
export type Money = bigint;
/** The greatest of some amounts; 0 of none. */
export function greatest(amounts: Iterable<Money>): Money {
  let most = 0n;
  for (const amount of amounts) if (amount > most) most = amount;
  return most;
}

/** UNIX seconds. */
export type Seconds = number;

export const MAX_PIECE_BYTES = 1_065_353_216;
/** Payload of one 512 MiB sector: 512 MiB · 127/128. */
export const MAX_SHARD_BYTES = 532_676_608;
export const CAR_HEADER_BYTES = 59;
/** A commitment document's encoding. That of a package of 100,000 shards has 9.06 MiB. */
export const MAX_DOCUMENT_BYTES = 33_554_432;
/** An encrypted manifest: gateways take, and providers keep, none that is larger. That of a million files has about 200 MB. */
export const MAX_MANIFEST_BYTES = 268_435_456;
export const GIB = 1_073_741_824;
export const DAY = 86_400;

export type MaskId = "aes-256-ctr-v1" | "none";
export type ErasureId = "rs-cauchy-gf256-v1";

export const DEAL_STATES = ["NONE", "PROPOSED", "ACTIVE", "COMPLETED", "CANCELLED", "EXPIRED", "FAILED"] as const;
/** On chain as the index in this list. */
export type DealState = (typeof DEAL_STATES)[number];

export const VERDICTS = ["OK", "MISSED", "FAULT"] as const;
export type Verdict = (typeof VERDICTS)[number];

export const PROOF_PURPOSE = { period: 0, activation: 1, check: 2 } as const;
export type ProofPurpose = keyof typeof PROOF_PURPOSE;

/** Leaves that one period's proof opens, and one owner's check. */
export const PERIOD_CHALLENGES = 20;
export const CHECK_CHALLENGES = 300;
