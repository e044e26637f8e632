import { isIP } from "node:net";
import { CairnError } from "@cairn/core/errors";
import { keyedHash } from "../keyed-hash.ts";

export interface NetworkKeys {
  /** Keyed hash (32 bytes) of what a limit counts: an IPv4 address, or the /64 of an IPv6 address, which one customer has for himself. */
  networkKey: Buffer;
  /** Keyed hash (32 bytes) of the whole address. */
  ipHash: Buffer;
}

const IPV4_MAPPED = Buffer.from("00000000000000000000ffff", "hex");

function ipv4Bytes(text: string): Buffer {
  return Buffer.from(text.split(".").map(Number));
}

/** The 16 bytes of an address that `isIP` has found to be of version 6. */
function ipv6Bytes(text: string): Buffer {
  const lastColon = text.lastIndexOf(":");
  const tail = text.slice(lastColon + 1);
  const dotted = tail.includes(".") ? ipv4Bytes(tail) : undefined;
  const plain = dotted
    ? `${text.slice(0, lastColon + 1)}${dotted.readUInt16BE(0).toString(16)}:${dotted.readUInt16BE(2).toString(16)}`
    : text;
  const [head = "", rest] = plain.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const first = groups(head);
  const last = groups(rest ?? "");
  const bytes = Buffer.alloc(16);
  for (const [at, group] of first.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * at);
  for (const [at, group] of last.entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), 16 - 2 * (last.length - at));
  return bytes;
}

/** The bytes of an IP address: 4, also for one that is written as ::ffff:a.b.c.d, or 16. Undefined when the text is no address. */
export function addressBytes(text: string): Buffer | undefined {
  const zone = text.indexOf("%");
  const bare = zone < 0 ? text : text.slice(0, zone);
  if (isIP(bare) === 4) return ipv4Bytes(bare);
  if (isIP(bare) !== 6) return undefined;
  const bytes = ipv6Bytes(bare);
  return bytes.subarray(0, 12).equals(IPV4_MAPPED) ? bytes.subarray(12) : bytes;
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
