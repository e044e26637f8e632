import type { Server } from "node:http";
import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { HEADER_LIMITS } from "@cairn/process/entrances";

/** PEM: the certificate with those that vouch for it, and its key. */
export interface TlsCredentials {
  cert: string;
  key: string;
}

export interface ServeTlsOptions {
  credentials: TlsCredentials;
  /** Whether the server also speaks HTTP/2. */
  h2: boolean;
  /** Who may go on without TLS: others are sent to https. */
  isPlain(socket: Socket): boolean;
  /** Milliseconds for the first bytes, and for the handshake. */
  timeout?: number;
}

export interface RunningTls {
  /** For connections from now on. @throws where the key is another's */
  replace(credentials: TlsCredentials): void;
}

/** ContentType handshake of TLSPlaintext (RFC 8446, 5.1): no method of HTTP begins so. */
const HANDSHAKE = 0x16;
/** Connections of which nothing is known yet; the one that waited for longest gives way. */
const MOST_UNDECIDED = 512;
/** Of a request that is only answered with the address of https. */
const MOST_REQUEST_BYTES = 8192;

/**
 * Has an HTTP server take TLS on the same port: a connection's first byte says which it is. To be called after everything else that listens to the server's
 * connections, which see a connection with TLS once its handshake is done.
 */
export function serveTls(server: Server, options: ServeTlsOptions): RunningTls {
  const { credentials, h2, isPlain, timeout = HEADER_LIMITS.headersTimeout } = options;
  const listeners = server.listeners("connection") as ((socket: Socket) => void)[];
  const admit = (socket: Socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
  const tls = createServer({
    ...credentials,
    minVersion: "TLSv1.2",
    handshakeTimeout: timeout,
    // Browsers offer both, and what they are served speaks HTTP/1.1 with WebSockets; clients of doors that speak HTTP/2 offer nothing else.
    ALPNCallback: ({ protocols }) =>
      protocols.includes("http/1.1") ? "http/1.1" : h2 && protocols.includes("h2") ? "h2" : undefined,
  });
  tls.on("secureConnection", (socket: TLSSocket) => admit(socket));
  // A handshake that takes too long is only told of.
  tls.on("tlsClientError", (_, socket) => socket.destroy());

  const undecided = new Set<Socket>();
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => undefined);
    undecided.add(socket);
    if (undecided.size > MOST_UNDECIDED) for (const oldest of undecided) return void oldest.destroy();
    const late = setTimeout(() => socket.destroy(), timeout);
    const decided = () => {
      clearTimeout(late);
      socket.off("readable", look);
      undecided.delete(socket);
    };
    const look = () => {
      const bytes: Buffer | null = socket.read();
      if (bytes === null) return;
      decided();
      socket.off("close", decided);
      socket.unshift(bytes);
      if (bytes[0] === HANDSHAKE) tls.emit("connection", socket);
      else if (isPlain(socket)) admit(socket);
      else sendToHttps(socket, timeout);
    };
    socket.once("close", decided);
    socket.on("readable", look);
  });
  return {
    replace(next) {
      tls.setSecureContext(next);
    },
  };
}

/** What came has crossed the network in the clear already: it is not acted on. */
function sendToHttps(socket: Socket, timeout: number): void {
  let text = "";
  socket.setTimeout(timeout, () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
    if (!text.includes("\r\n\r\n") && text.length < MOST_REQUEST_BYTES) return;
    socket.removeAllListeners("data");
    const path = /^(?:GET|HEAD) (\/[!-~]*) HTTP\/1\.[01]\r\n/.exec(text)?.[1];
    const host = /\r\nhost:[ \t]*([\w.:[\]-]+)[ \t]*\r\n/i.exec(text)?.[1];
    const body = JSON.stringify({
      error: {
        code: "tls-needed",
        kind: "input",
        message: "this gateway is reached over https from other machines",
        next: "Use https:// instead of http://.",
      },
    });
    const moved = path === undefined || host === undefined ? undefined : `location: https://${host}${path}\r\n`;
    socket.end(
      `HTTP/1.1 ${moved === undefined ? "426 Upgrade Required\r\nupgrade: TLS/1.2, HTTP/1.1" : "308 Permanent Redirect"}\r\n` +
        `${moved ?? ""}connection: close\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    socket.destroySoon();
  });
}
