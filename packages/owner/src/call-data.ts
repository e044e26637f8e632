import type { Address } from "@cairn/protocol/words";

/** Words of 32 bytes, as the contracts' ABI has them, without 0x. */
export const word = (value: bigint): string => value.toString(16).padStart(64, "0");
export const wordOfAddress = (address: Address): string => address.slice(2).toLowerCase().padStart(64, "0");
