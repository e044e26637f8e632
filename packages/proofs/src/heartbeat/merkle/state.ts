import { timingSafeEqual } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import { isRecord, readNode, toBase64 } from "../base64.ts";
import { hmacSha256 } from "../keyed.ts";
import { type MerkleChallenge, nextSeed } from "./challenge.ts";

/** The original's record of a tag's challenges, which never leaves the node. */
export interface MerkleState {
  /** How many challenges were made. */
  readonly index: number;
  /** The seed of the last one; the root seed at first. 32 bytes. */
  readonly seed: Uint8Array;
  /** How many there are. */
  readonly rounds: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Seconds. */
  readonly timestamp: number;
}

/** A state as JSON, with the HMAC that the original checks. */
export interface WireMerkleState {
  readonly index: number;
  readonly seed: string;
  readonly n: number;
  readonly root: string;
  readonly hmac: string;
  readonly timestamp: number;
}

/** A number as Python 3 writes a float. */
function pythonFloat(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return `${Object.is(value, -0) ? "-0" : value}.0`;
  const size = Math.abs(value);
  const [digits, exponent] = (size >= 1e16 || size < 1e-4 ? value.toExponential() : `${value}`).split("e");
  if (exponent === undefined) return digits!;
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

function stateMac(key: Uint8Array, { index, seed, rounds, root, timestamp }: MerkleState): Buffer {
  const hmac = hmacSha256(key).update(String(index)).update(seed).update(String(rounds));
  return hmac.update(root).update(pythonFloat(timestamp)).digest();
}

/** A state with its HMAC under the beat's key. */
export function signMerkleState(key: Uint8Array, state: MerkleState): WireMerkleState {
  const { index, seed, rounds, root, timestamp } = state;
  const hmac = toBase64(stateMac(key, state));
  return { index, seed: toBase64(seed), n: rounds, root: toBase64(root), hmac, timestamp };
}

function readState(value: unknown): (MerkleState & { mac: Buffer }) | undefined {
  if (!isRecord(value)) return undefined;
  const { index, n: rounds, timestamp } = value;
  const [seed, root, mac] = [value.seed, value.root, value.hmac].map(readNode);
  if (seed === undefined || root === undefined || mac === undefined) return undefined;
  if (typeof index !== "number" || typeof rounds !== "number" || typeof timestamp !== "number") return undefined;
  return { index, seed, rounds, root, timestamp, mac };
}

/** A state from decoded JSON whose HMAC is right; undefined otherwise. */
export function openMerkleState(key: Uint8Array, value: unknown): MerkleState | undefined {
  const signed = readState(value);
  if (signed === undefined) return undefined;
  const { mac, ...state } = signed;
  return timingSafeEqual(mac, stateMac(key, state)) ? state : undefined;
}

/** The next challenge of a signed state, and the state after it. Throws `heartbeat-state-forged` and `heartbeat-exhausted`. */
export function nextMerkleChallenge(
  key: Uint8Array,
  value: unknown,
): { challenge: MerkleChallenge; state: WireMerkleState } {
  const state = openMerkleState(key, value);
  if (state === undefined) {
    throw new CairnError("signature invalid on state", { code: "heartbeat-state-forged", kind: "corrupt" });
  }
  if (state.index >= state.rounds) {
    throw new CairnError("out of challenges", {
      code: "heartbeat-exhausted",
      kind: "conflict",
      next: "Encode the file again for more challenges.",
    });
  }
  const challenge = { seed: nextSeed(key, state.seed), index: state.index };
  return { challenge, state: signMerkleState(key, { ...state, seed: challenge.seed, index: state.index + 1 }) };
}
