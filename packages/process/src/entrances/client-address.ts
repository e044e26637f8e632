import type { IncomingMessage } from "node:http";
import { isIP, SocketAddress } from "node:net";
import proxyAddr from "@fastify/proxy-addr";
import { addressBytes } from "./address-bytes.ts";

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const WITH_PORT = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/;

/** An address in one form: IPv4 also where it came mapped into IPv6, no zone, no port; undefined when it is none. */
export function plainAddress(text: string): string | undefined {
  const ported = WITH_PORT.exec(text);
  const bare = (ported?.[1] ?? ported?.[2] ?? text).replace(/%.*$/s, "");
  const address = MAPPED.exec(bare)?.[1] ?? bare;
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      return new SocketAddress({ address, family: "ipv6" }).address;
    default:
      return undefined;
  }
}

/** What limits are counted by: an IPv4 address, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  return addressBytes(address)?.toString("hex", 0, 8) ?? address;
}

/**
 * A function that finds whom a request is from: the socket's peer, or what trusted proxies say in X-Forwarded-For. A peer on a Unix socket
 * counts as loopback.
 *
 * @param trustedProxies addresses, CIDR ranges, "loopback", "linklocal" or "uniquelocal"
 * @throws TypeError when one of them is no such thing
 */
export function clientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const trust = trustedProxies.length === 0 ? undefined : proxyAddr.compile([...trustedProxies]);
  return (request) => {
    const peer = plainAddress(request.socket.remoteAddress ?? "127.0.0.1") ?? "127.0.0.1";
    if (trust === undefined || request.headers["x-forwarded-for"] === undefined || !trust(peer, 0)) return peer;
    // The peer itself is trusted already; on a Unix socket it has no address.
    const trusted = (address: string, hop: number) => {
      const plain = hop === 0 ? peer : plainAddress(address);
      return plain !== undefined && trust(plain, hop);
    };
    return plainAddress(proxyAddr(request, trusted)) ?? peer;
  };
}

/** Whether an address is one of these proxies; the same grammar. */
export function proxyTest(trustedProxies: readonly string[]): (address: string) => boolean {
  if (trustedProxies.length === 0) return () => false;
  const trust = proxyAddr.compile([...trustedProxies]);
  return (address) => trust(address, 0);
}
