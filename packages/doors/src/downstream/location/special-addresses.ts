import { BlockList } from "node:net";

/**
 * Addresses that belong to no place: the IANA special-purpose registries (RFC 6890 and its updates), multicast and reserved space. Country
 * databases hold some of them by mistake.
 */
const SPECIAL_IPV4: [network: string, prefix: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

const GLOBAL_IPV6: [network: string, prefix: number][] = [["2000::", 3]];

const SPECIAL_IPV6: [network: string, prefix: number][] = [
  ["2001:2::", 48],
  ["2001:10::", 28],
  ["2001:20::", 28],
  ["2001:db8::", 32],
  ["3fff::", 20],
];

function listOf(networks: [string, number][], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family);
  return list;
}

const specialIpv4 = listOf(SPECIAL_IPV4, "ipv4");
const globalIpv6 = listOf(GLOBAL_IPV6, "ipv6");
const specialIpv6 = listOf(SPECIAL_IPV6, "ipv6");

/** Whether a valid address can belong to a place. IPv4-mapped IPv6 addresses are to be given as IPv4. */
export function isGlobalAddress(address: string, family: 4 | 6): boolean {
  if (family === 4) return !specialIpv4.check(address, "ipv4");
  return globalIpv6.check(address, "ipv6") && !specialIpv6.check(address, "ipv6");
}
