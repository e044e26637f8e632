import { readFileSync } from "node:fs";
import type { Json } from "./original-proofs.ts";

interface Rounds {
  name: string;
  beat_public: Json;
  file_hex: string;
  tag: Json;
  rounds: { challenge: Json; proof: Json }[];
}

/** The parts of the protocol's test vectors that are used here. */
export interface HeartbeatVectors {
  merkle: Rounds[];
  swizzle: Rounds[];
  randomio: { seed: string; seed_type: string; first_64_bytes_hex: string }[];
}

export interface SignedMessageVectors {
  cases: { what: string; message: string; signature: string; address: string; verify: boolean }[];
  sig_hash: { message: string; double_sha256_hex: string }[];
}

const HEARTBEAT = new URL("../../../proofs/vectors/heartbeat.json", import.meta.url);
const SIGNED_MESSAGE = new URL("../vectors/bitcoin-signed-message.json", import.meta.url);

export const readHeartbeatVectors = (): HeartbeatVectors => JSON.parse(readFileSync(HEARTBEAT, "utf8"));
export const readSignedMessageVectors = (): SignedMessageVectors => JSON.parse(readFileSync(SIGNED_MESSAGE, "utf8"));
