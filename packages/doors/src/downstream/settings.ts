import type { Scheme } from "./scheme.ts";

/** Settings of a verification node; comments name the original's where there was one. */
export interface DownstreamSettings {
  /** HEARTBEAT: the scheme of new tokens and chunks. */
  scheme: Scheme;
  /** HEARTBEAT_CHECK_FRACTION: the part of a chunk that one challenge reads. */
  checkFraction: number;
  /** Challenges of a Merkle chunk. */
  rounds: number;
  /** DEFAULT_INTERVAL: seconds in which a farmer answers once. */
  intervalSeconds: number;
  /** REQUIRE_SIGNATURE: a new token needs a message signed by the address. */
  requireSignature: boolean;
  /** The signed message must hold a nonce of this node. */
  requireNonce: boolean;
  /** MIN_SJCX_BALANCE: once the whitelist holds any address, only listed ones with at least this balance get a token. */
  minBalance: number;
  /** MAX_TOKENS_PER_IP, per IPv4 address or IPv6 /64; null: no limit. */
  maxTokensPerNetwork: number | null;
  /** MAX_CHUNKS_PER_REQUEST; 0: no limit. */
  maxChunksPerRequest: number;
  /** MAX_SIZE_PER_ADDRESS: bytes under contract for all tokens of an address. */
  maxBytesPerAddress: number;
  /** MAX_SIG_MESSAGE_SIZE, characters. */
  maxMessageLength: number;
  /** Proxies whose X-Forwarded-For is believed: addresses, CIDR ranges, or "loopback". */
  trustedProxies: string[];
  /** MMDB_PATH: a City database; without it the country database that comes with the product. */
  cityDatabase: string | null;
  /** What `--maintain MIN MAX TOTAL BASE` kept: bytes of prepared chunks, in powers of `base`. */
  pool: { min: number; max: number; total: number; base: number };
  /** Copies wanted of a prepared chunk. */
  redundancy: number;
}

export const DEFAULT_SETTINGS: DownstreamSettings = {
  scheme: "Merkle",
  checkFraction: 0.01,
  rounds: 256,
  intervalSeconds: 300,
  requireSignature: true,
  requireNonce: false,
  minBalance: 10_000,
  maxTokensPerNetwork: 5,
  maxChunksPerRequest: 10,
  maxBytesPerAddress: 1_073_741_824,
  maxMessageLength: 1024,
  trustedProxies: [],
  cityDatabase: null,
  pool: { min: 1024, max: 33_554_432, total: 134_217_728, base: 2 },
  redundancy: 1,
};
