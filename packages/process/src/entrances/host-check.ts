import type { IncomingMessage } from "node:http";
import { plainAddress } from "./client-address.ts";
import { EntranceRefusal } from "./entrance-refusal.ts";

export interface HostCheckSettings {
  /** Names under which this server is reached besides loopback's and the address that a connection came in at; without port. */
  names?: readonly string[];
  /** `own`: pages that this very server sent may call it. `none`: it sends none. */
  pages: "own" | "none";
  /** Serve whatever Host says, but still no foreign page: for protocols whose clients know the server by names of their own. */
  anyHost?: boolean;
  /** Whether an address is a proxy's whose X-Forwarded-Proto is believed; none is unless set. */
  isProxy?: (address: string) => boolean;
}

type Asked = Pick<IncomingMessage, "headers"> & {
  socket: { localAddress?: string | undefined; remoteAddress?: string | undefined; encrypted?: boolean | undefined };
};

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const HOST = /^(\[[0-9a-f:.]+\]|[^:[\]@/\s]+)(?::\d{1,5})?$/;

/**
 * A function that says why a request is refused by its Host and Origin alone. A web page whose name was pointed at this machine (DNS
 * rebinding) sends its own name as Host; a page from elsewhere sends its Origin, and one of this server's name that came by http is from elsewhere where
 * the request comes by https. Upgrades to a WebSocket are requests too.
 *
 * @throws EntranceRefusal `bad-host-name` for a name that no Host header can be
 */
export function hostCheck(settings: HostCheckSettings): (request: Asked) => EntranceRefusal | undefined {
  const names = new Set([...LOOPBACK_NAMES, ...(settings.names ?? []).map(nameOf)]);
  return (asked) => {
    const { headers, socket } = asked;
    const host = headers.host?.toLowerCase() ?? "";
    if (settings.anyHost !== true) {
      const name = HOST.exec(host)?.[1];
      if (name === undefined || !(names.has(name) || isAddressOf(name, socket.localAddress))) return wrongHost(host);
    }
    const { origin } = headers;
    if (origin === undefined) return undefined;
    if (settings.pages === "own" && schemesOf(asked, settings).some((scheme) => origin === `${scheme}://${host}`))
      return undefined;
    return foreignPage(origin);
  };
}

/** By which schemes the pages may have come that ask. What comes in without TLS may have left a proxy with it that nobody told us of. */
function schemesOf({ headers, socket }: Asked, { isProxy }: HostCheckSettings): readonly string[] {
  const peer = plainAddress(socket.remoteAddress ?? "127.0.0.1") ?? "127.0.0.1";
  const told = isProxy?.(peer) === true ? headers["x-forwarded-proto"] : undefined;
  const scheme = String(told ?? "")
    .split(",")[0]
    ?.trim()
    .toLowerCase();
  if (scheme === "http" || scheme === "https") return [scheme];
  return socket.encrypted === true ? ["https"] : ["http", "https"];
}

/** The host of a name, a `host:port`, or a URL, as it stands in a Host header without its port. */
function nameOf(text: string): string {
  const name = HOST.exec((URL.canParse(text) ? new URL(text).host || text : text).toLowerCase())?.[1];
  if (name !== undefined) return name;
  throw new EntranceRefusal(`"${text}" is no host name`, {
    code: "bad-host-name",
    kind: "input",
    status: 400,
    next: "Give names such as cairn.example, addresses, or URLs.",
  });
}

function isAddressOf(name: string, address: string | undefined): boolean {
  const asked = plainAddress(name.replace(/^\[|\]$/g, ""));
  return asked !== undefined && address !== undefined && asked === plainAddress(address);
}

function wrongHost(host: string): EntranceRefusal {
  return new EntranceRefusal(`this server does not go by the name "${host.slice(0, 100)}"`, {
    code: "wrong-host",
    kind: "auth",
    status: 403,
    details: { field: "host" },
    next: "Use its address, or have its operator name it in CAIRN_ALLOWED_HOSTS.",
  });
}

function foreignPage(origin: string): EntranceRefusal {
  return new EntranceRefusal(`pages of ${origin.slice(0, 100)} are not served`, {
    code: "foreign-page",
    kind: "auth",
    status: 403,
    details: { field: "origin" },
    next: "Call this server from a program, or from its own pages.",
  });
}
