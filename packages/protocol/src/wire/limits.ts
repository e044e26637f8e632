import { CHECK_CHALLENGES, MAX_DOCUMENT_BYTES, MAX_MANIFEST_BYTES, MAX_SHARD_BYTES } from "../words.ts";

/** One WebSocket message of a control connection, either way (docs/protocol.md, 4). */
export const CONTROL_MESSAGE_BYTES = 1 << 20;
export const HELLO_BYTES = 4096;
export const CONTROL_PATH = "/api/v1/provider/control";
export const RANGES_PATH = "/api/v1/provider/ranges";
export const HEARTBEAT_SECONDS = 10;
/** How far a hello's time may be from the gateway's. */
export const HELLO_SKEW_SECONDS = 60;
/** Longest life of a GatewayRequest: nonces are remembered that long. */
export const REQUEST_LIFE_SECONDS = 300;
export const MAX_PERIODS = 2 ** 32 - 1;
export const MAX_LEAVES = CHECK_CHALLENGES;
export const MAX_RAW_LENGTH = MAX_SHARD_BYTES;
/** Largest document ‖ manifest that `Transport.request` gives back, as it stands in memory. */
export const MAX_MANIFEST_REPLY_BYTES = MAX_DOCUMENT_BYTES + MAX_MANIFEST_BYTES;
export const MAX_DAMAGE_RANGES = 1024;
/** Items of one push of proofs or reports, and its bytes. */
export const MAX_PUSH_ITEMS = 256;
export const MAX_PUSH_BYTES = 1 << 20;
/** Items of one push of proofs to be put on chain, and its bytes: the longest proof has 22 kB in base64. */
export const MAX_CHAIN_PROOFS = 4;
export const CHAIN_PROOFS_BYTES = 128 << 10;
export const SMALL_BODY_BYTES = 64 << 10;
