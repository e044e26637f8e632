import { lookup as resolveName } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { CairnError } from "@cairn/protocol";

/** Addresses that no provider on the open network has: a gateway that dialled them would be a door into its own network. */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  PRIVATE.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  // What carries an IPv4 address within (RFC 4291 2.5.5.1, 6052, 7915, 8215, 4380, 3056) could carry a private one.
  ["::", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["2001::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, "ipv6");
}

/** Whether an IP address is of some private network, in whichever notation it is written. */
export function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

function refuse(what: string): CairnError {
  return new CairnError(`${what} is not an endpoint that this gateway dials`, {
    code: "bad-endpoint",
    kind: "input",
    next: "Register an http or https URL with a public address and no path.",
  });
}

/** A registered endpoint as a URL without path, query or credentials. @throws CairnError `bad-endpoint` */
export function parseEndpoint(endpoint: string, allowPrivate: boolean): URL {
  const url = endpoint.length <= 256 && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const plain = url !== undefined && `${url.origin}/` === url.href && /^https?:$/.test(url.protocol);
  if (!plain) throw refuse(endpoint.slice(0, 256));
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivate && isIP(host) !== 0 && isPrivate(host)) throw refuse(host);
  return url;
}

/**
 * Resolves names by `resolve` but gives no private address. A connection asks for its own, once: the address that was looked at is the one that is dialled, and
 * a name that leads elsewhere the next time is looked at again.
 */
export const publicLookup =
  (resolve: typeof resolveName): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const open = found.filter(({ address }) => !isPrivate(address));
      const [first] = open;
      if (first === undefined) return callback(refuse(hostname), []);
      if (options.all) callback(null, open);
      else callback(null, first.address, first.family);
    });
  };

/** Resolves names as usual but gives no private address, so that no name can lead inside after the endpoint was looked at. */
export const lookupPublic = publicLookup(resolveName);
