import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect as connectH2 } from "node:http2";
import { request } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { serveH2 } from "../h2/serve-h2.ts";
import { type RunningTls, serveTls } from "./serve-tls.ts";
import { namesIn, readTls, type TlsFiles, watchTls } from "./tls-files.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-tls-"));

/** A certificate that vouches for itself. */
function certificate(name: string): TlsFiles {
  const files = { cert: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
  execFileSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-keyout", files.key, "-out", files.cert, "-subj", `/CN=${name}`],
    ...["-addext", `subjectAltName=DNS:${name},DNS:*.${name},IP:127.0.0.1`],
  ]);
  return files;
}

let one: TlsFiles;
let other: TlsFiles;
beforeAll(() => {
  one = certificate("one.test");
  other = certificate("other.test");
  return () => rmSync(directory, { recursive: true });
});

const opened: Server[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(isPlain: boolean, timeout?: number): Promise<{ port: number; tls: RunningTls }> {
  const server = createServer((asked, answer) =>
    answer.end(`${asked.httpVersion} ${"encrypted" in asked.socket} ${asked.url}`),
  );
  opened.push(server);
  serveH2(server, {
    doors: [{ prefixes: ["/door"], h2: (_, response) => void response.end("by h2") }],
    answered: () => undefined,
  });
  const tls = serveTls(server, {
    ...{ credentials: readTls(one), h2: true, isPlain: () => isPlain },
    ...(timeout === undefined ? {} : { timeout }),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, tls };
}

const get = (port: number, { cert }: TlsFiles, servername: string) =>
  new Promise<string>((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: "/x", ca: readFileSync(cert), servername, agent: false });
    asked.on("error", reject).on("response", async (response) => {
      let text = "";
      for await (const part of response) text += part;
      resolve(text);
    });
    asked.end();
  });

/** What a server that is sent this answers in the clear, until it ends the connection. */
const plainly = (port: number, text: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (bytes) => {
      answer += bytes;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
  });

const agreed = (port: number, protocols: string[]) =>
  new Promise<string | false | null>((resolve, reject) => {
    const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: protocols }, () => {
      resolve(socket.alpnProtocol);
      socket.destroy();
    });
    socket.on("error", reject);
  });

describe("one port", () => {
  it("takes TLS and, of whoever may, plain HTTP", async () => {
    const { port } = await serve(true);
    expect(await get(port, one, "one.test")).toBe("1.1 true /x");
    expect(await plainly(port, "GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).toMatch(/1\.1 false \/x$/);
  });

  it("sends others to https, without acting on what they asked", async () => {
    const { port } = await serve(false);
    expect(await plainly(port, "GET /a?b=c HTTP/1.1\r\nHost: one.test:44\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 308 [\s\S]*location: https:\/\/one\.test:44\/a\?b=c\r\n[\s\S]*"code":"tls-needed"/,
    );
    for (const wrong of [
      "POST /a HTTP/1.1\r\nhost: a\r\n\r\n",
      "GET /a HTTP/1.1\r\nhost: a b\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\n",
    ]) {
      expect(await plainly(port, wrong)).toMatch(/^HTTP\/1\.1 426 /);
    }
    expect(await get(port, one, "one.test")).toBe("1.1 true /x");
  });

  it("agrees on HTTP/1.1 with browsers, on h2 with whoever knows nothing else, and serves both", async () => {
    const { port } = await serve(true);
    expect(await agreed(port, ["h2", "http/1.1"])).toBe("http/1.1");
    expect(await agreed(port, ["h2"])).toBe("h2");
    await expect(agreed(port, ["spdy/3"])).rejects.toThrow(/alpn|protocol/i);
    const session = connectH2(`https://127.0.0.1:${port}`, { ca: readTls(one).cert });
    const stream = session.request({ ":path": "/door" });
    let text = "";
    for await (const part of stream) text += part;
    session.close();
    expect(text).toBe("by h2");
  });

  it("outlives what is neither, and what says nothing", async () => {
    const { port } = await serve(true, 300);
    expect(
      await plainly(port, "\x16\x03\x01 this is no handshake, though it begins so\r\n\r\n".padEnd(400)),
    ).not.toContain("200");
    expect(await plainly(port, "")).toBe("");
    expect(await get(port, one, "one.test")).toBe("1.1 true /x");
  });
});

describe("files", () => {
  it("that change are taken for new connections; such as cannot be used leave what there was", async () => {
    const files = { cert: join(directory, "live.crt"), key: join(directory, "live.key") };
    const copy = (from: TlsFiles) => {
      copyFileSync(from.key, files.key);
      copyFileSync(from.cert, files.cert);
    };
    copy(one);
    const { port, tls } = await serve(true);
    const faults: unknown[] = [];
    const stop = watchTls(
      files,
      (read) => tls.replace(read),
      (error) => faults.push(error),
      0.02,
    );
    try {
      writeFileSync(files.cert, "no certificate");
      await expect.poll(() => faults.length, { timeout: 60_000 }).toBeGreaterThan(0);
      expect(await get(port, one, "one.test")).toBe("1.1 true /x");
      copy(other);
      await expect.poll(() => get(port, other, "other.test").catch(String), { timeout: 60_000 }).toBe("1.1 true /x");
      await expect(get(port, one, "one.test")).rejects.toThrow();
    } finally {
      stop();
    }
  });

  it("that do not belong together are refused, and names are read from them", () => {
    expect(() => readTls({ cert: one.cert, key: other.key })).toThrowError(
      expect.objectContaining({ code: "bad-settings" }),
    );
    expect(() => readTls({ cert: join(directory, "none"), key: one.key })).toThrowError(
      expect.objectContaining({ code: "bad-settings" }),
    );
    expect(new X509Certificate(readTls(one).cert).subjectAltName).toContain("*.one.test");
    expect(namesIn(readTls(one))).toEqual(["one.test"]);
  });
});
