import type { SwizzleKeys } from "@cairn/proofs/heartbeat";
import { CairnError } from "@cairn/protocol/errors";

/**
 * The secrets of a verification node. With them every challenge can be foreseen and every proof forged; without them no proof can be
 * verified again, so that losing them ends all contracts. Keys are 32 bytes.
 */
export interface Beats {
  merkleKey: Buffer;
  /** What states of Swizzle chunks are sealed with. */
  swizzle: SwizzleKeys;
  /** What network addresses are hashed under. */
  networkKey: Buffer;
  /** What nonces of registrations are signed with. */
  nonceKey: Buffer;
  /** What keys of Swizzle challenges are derived from. */
  challengeKey: Buffer;
}

const KEY_BYTES = 32;
const VERSION = 1;
/** New secrets. `random` gives that many secret random bytes. */
export function createBeats(random: (bytes: number) => Uint8Array): Beats {
  const key = () => Buffer.from(random(KEY_BYTES));
  return {
    merkleKey: key(),
    swizzle: { encryption: key(), mac: key() },
    networkKey: key(),
    nonceKey: key(),
    challengeKey: key(),
  };
}

/** The text of the secrets' file: JSON, keys as base64. */
export function serialiseBeats(beats: Beats): string {
  const text = (key: Uint8Array) => Buffer.from(key).toString("base64");
  return `${JSON.stringify(
    {
      version: VERSION,
      merkleKey: text(beats.merkleKey),
      swizzle: { encryption: text(beats.swizzle.encryption), mac: text(beats.swizzle.mac) },
      networkKey: text(beats.networkKey),
      nonceKey: text(beats.nonceKey),
      challengeKey: text(beats.challengeKey),
    },
    null,
    2,
  )}\n`;
}

function damaged(field: string): CairnError {
  return new CairnError(`the heartbeat's secrets are damaged at "${field}"`, {
    code: "downstream-bad-beats",
    kind: "corrupt",
    next: "Restore heartbeat.json from the home's backup; a new one ends all contracts.",
    details: { field },
  });
}

function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged(field);
  return value as Record<string, unknown>;
}

function readKey(from: Record<string, unknown>, field: string): Buffer {
  const value = from[field];
  const key = Buffer.from(typeof value === "string" ? value : "", "base64");
  if (key.length !== KEY_BYTES || key.toString("base64") !== value) throw damaged(field);
  return key;
}

/**
 * Reads what `serialiseBeats` wrote.
 *
 * @throws CairnError `downstream-bad-beats` with details.field
 */
export function parseBeats(text: string): Beats {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged("JSON");
  }
  const top = record(json, "JSON");
  if (top.version !== VERSION) throw damaged("version");
  const swizzle = record(top.swizzle, "swizzle");
  return {
    merkleKey: readKey(top, "merkleKey"),
    swizzle: { encryption: readKey(swizzle, "encryption"), mac: readKey(swizzle, "mac") },
    networkKey: readKey(top, "networkKey"),
    nonceKey: readKey(top, "nonceKey"),
    challengeKey: readKey(top, "challengeKey"),
  };
}
