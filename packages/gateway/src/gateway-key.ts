import type { Address, Hex } from "@cairn/protocol";

/** A key that signs by itself on this machine: the executor's, a verifier's, the validator's. */
export interface GatewayKey {
  /** In lower case. */
  address: Address;
  key: Hex;
}
