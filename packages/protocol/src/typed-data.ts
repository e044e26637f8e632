import type { Address, Hex } from "./words.ts";

/** EIP-712 types of every signature in the deal protocol (docs/protocol.md, 2). */
export const TYPES = {
  Registration: [
    { name: "hot", type: "address" },
    { name: "payout", type: "address" },
    { name: "capacity", type: "uint64" },
    { name: "priceFloor", type: "uint128" },
    { name: "egressPrice", type: "uint128" },
    { name: "duty", type: "uint256" },
    { name: "region", type: "string" },
    { name: "endpoint", type: "string" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint64" },
  ],
  Retirement: [
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint64" },
  ],
  Quote: [
    { name: "provider", type: "address" },
    { name: "owner", type: "address" },
    { name: "documentHash", type: "bytes32" },
    { name: "piece", type: "uint32" },
    { name: "shard", type: "uint16" },
    { name: "commitment", type: "bytes32" },
    { name: "rawLength", type: "uint64" },
    { name: "pricePerPeriod", type: "uint128" },
    { name: "egressPrice", type: "uint128" },
    { name: "periods", type: "uint32" },
    { name: "duty", type: "uint256" },
    { name: "verifierSet", type: "bytes32" },
    { name: "expiry", type: "uint64" },
    { name: "nonce", type: "bytes32" },
  ],
  Mandate: [
    { name: "documentHash", type: "bytes32" },
    { name: "shardsRoot", type: "bytes32" },
    { name: "pieces", type: "uint32" },
    { name: "k", type: "uint16" },
    { name: "n", type: "uint16" },
    { name: "verifierSet", type: "bytes32" },
    { name: "executor", type: "address" },
    { name: "maxEscrow", type: "uint128" },
    { name: "repairReserve", type: "uint128" },
    { name: "maxPrice", type: "uint128" },
    { name: "end", type: "uint64" },
    { name: "expiry", type: "uint64" },
  ],
  Receipt: [
    { name: "deal", type: "bytes32" },
    { name: "commitment", type: "bytes32" },
    { name: "rawLength", type: "uint64" },
  ],
  Activation: [
    { name: "deal", type: "bytes32" },
    { name: "seed", type: "bytes32" },
    { name: "proofHash", type: "bytes32" },
  ],
  Termination: [
    { name: "documentHash", type: "bytes32" },
    { name: "expiry", type: "uint64" },
  ],
  ReadCapability: [
    { name: "documentHash", type: "bytes32" },
    { name: "audience", type: "address" },
    { name: "expiry", type: "uint64" },
  ],
  ReadTicket: [
    { name: "deal", type: "bytes32" },
    { name: "offset", type: "uint64" },
    { name: "length", type: "uint64" },
    { name: "expiry", type: "uint64" },
    { name: "nonce", type: "bytes32" },
  ],
  UploadCapability: [
    { name: "deal", type: "bytes32" },
    { name: "provider", type: "address" },
    { name: "expiry", type: "uint64" },
  ],
  Proof: [
    { name: "deal", type: "bytes32" },
    { name: "purpose", type: "uint8" },
    { name: "period", type: "uint64" },
    { name: "seed", type: "bytes32" },
    { name: "proofHash", type: "bytes32" },
  ],
  DamageReport: [
    { name: "deal", type: "bytes32" },
    { name: "period", type: "uint64" },
    { name: "offset", type: "uint64" },
    { name: "length", type: "uint64" },
  ],
  GatewayRequest: [
    { name: "provider", type: "address" },
    { name: "bodyHash", type: "bytes32" },
    { name: "expiry", type: "uint64" },
    { name: "nonce", type: "bytes32" },
  ],
  AccountClaim: [
    { name: "owner", type: "address" },
    { name: "audience", type: "address" },
    { name: "token", type: "bytes32" },
    { name: "time", type: "uint64" },
    { name: "nonce", type: "bytes32" },
  ],
  Hello: [
    { name: "provider", type: "address" },
    { name: "audience", type: "address" },
    { name: "time", type: "uint64" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

export type TypeName = keyof typeof TYPES;

type FieldValue<T extends string> = T extends "address"
  ? Address
  : T extends "string"
    ? string
    : T extends "bytes32"
      ? Hex
      : T extends "uint8" | "uint16" | "uint32"
        ? number
        : bigint;

/** The message that a type signs: uint8…uint32 are numbers, wider integers bigint. */
export type Message<N extends TypeName> = {
  [F in (typeof TYPES)[N][number] as F["name"]]: FieldValue<F["type"]>;
};

export type Quote = Message<"Quote">;
export type Mandate = Message<"Mandate">;
export type Registration = Message<"Registration">;

export interface Signed<N extends TypeName> {
  message: Message<N>;
  signature: Hex;
}

export interface SigningContext {
  chainId: number;
  /** StorageDeals. */
  deals: Address;
  /** ProviderRegistry: the verifying contract of Registration and Retirement. */
  registry: Address;
}
