import type { AddressInfo } from "node:net";
import { CairnError } from "@cairn/protocol/errors";

/** Addresses that stand for every interface of a machine, and where a program on that machine reaches them. */
const WILDCARDS = new Map(Object.entries<string>({ "0.0.0.0": "127.0.0.1", "::": "::1" }));

/** `http://host:port` for a host name or an address of either family. */
export function httpUrl(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Where programs on this machine reach what listens at `address`, as `server.address()` gives it: also where it listens on every interface. */
export function localUrl({ address, port }: Pick<AddressInfo, "address" | "port">): string {
  // An IPv4 address within IPv6, as a socket of both families names it.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  return httpUrl(WILDCARDS.get(plain) ?? plain, port);
}

const REASONS = new Map(
  Object.entries<string>({
    EADDRINUSE: "the port is taken by another program",
    EADDRNOTAVAIL: "no interface of this machine has that address",
    EACCES: "this account may not use that port",
    ENOTFOUND: "there is no such name",
    EAI_AGAIN: "the name cannot be looked up just now",
    EAFNOSUPPORT: "this machine does not have that kind of address",
    EINVAL: "the address cannot be listened on as it is",
  }),
);

/** What `listen` failed with as an error for a person, who chooses the host by `hostSetting` and the port by `portSetting`. */
export function listenError(
  cause: unknown,
  { host, port, hostSetting, portSetting }: { host: string; port: number; hostSetting: string; portSetting: string },
): CairnError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const ofPort = code === "EADDRINUSE" || code === "EACCES";
  const where = httpUrl(host, port).slice("http://".length);
  return new CairnError(`cannot listen on ${where}: ${REASONS.get(code) ?? message}`, {
    code: code === "EADDRINUSE" ? "port-taken" : ofPort ? "port-unusable" : "address-unusable",
    kind: code === "EADDRINUSE" ? "conflict" : "input",
    details: { host, port },
    next: ofPort
      ? `Choose another port with ${portSetting} (0 takes a free one).`
      : `Set ${hostSetting} to an address of this machine: 127.0.0.1 for this machine alone, 0.0.0.0 or :: for all its interfaces.`,
    cause,
  });
}
