import { isIP } from "node:net";

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
