import { addressBytes } from "@cairn/process/entrances";
import { CairnError } from "@cairn/protocol/errors";
import { keyedHash } from "../keyed-hash.ts";

export interface NetworkKeys {
  /** Keyed hash (32 bytes) of what a limit counts: an IPv4 address, or the /64 of an IPv6 address, which one customer has for himself. */
  networkKey: Buffer;
  /** Keyed hash (32 bytes) of the whole address. */
  ipHash: Buffer;
}

/**
 * Hashes of a farmer's network address under the node's secret `key` (32 bytes): the same address always has the same ones, and nobody
 * without the key can find the address by trying them all.
 *
 * @throws CairnError `downstream-no-ip-address`
 */
export function networkKeys(key: Uint8Array, ip: string): NetworkKeys {
  const bytes = addressBytes(ip);
  if (!bytes) {
    throw new CairnError(`"${ip.slice(0, 64)}" is no IP address`, {
      code: "downstream-no-ip-address",
      kind: "internal",
    });
  }
  const hash = keyedHash(key);
  return {
    networkKey: hash(bytes.length === 4 ? bytes : bytes.subarray(0, 8)),
    ipHash: hash(Buffer.concat([Buffer.from("whole:"), bytes])),
  };
}
