// node bin/run.mjs web-app [GATEWAY]: builds the page and serves it; what it asks of /api goes on to the gateway. For developing: see docs/building-on-cairn.md.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** The page runs its own scripts and reaches its own origin, nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

async function bundle(source: string): Promise<string> {
  const output = { format: "esm", codeSplitting: false } as const;
  const built = await build({ input: at(source), platform: "browser", write: false, output });
  return built.output[0].code;
}

/** @param gateway its URL @returns the page's URL, and what ends the server */
export async function serve(gateway: string, port = 0): Promise<{ url: string; close: () => void }> {
  const files = new Map([
    ["/", { type: "text/html", text: readFileSync(at("src/index.html"), "utf8") }],
    ["/app.css", { type: "text/css", text: readFileSync(at("src/app.css"), "utf8") }],
    ["/app.js", { type: "text/javascript", text: await bundle("src/app.ts") }],
    ["/pack.worker.js", { type: "text/javascript", text: await bundle("src/pack.worker.ts") }],
  ]);
  // The gateway answers pages of its own origin alone. Other pages must not come by this way round: neither by their origin nor by a name of theirs.
  const isOwn = ({ headers: { host, origin } }: IncomingMessage) =>
    host === new URL(url).host && (origin === undefined || origin === url);
  const pass = ({ url: path, method, headers: { origin: _, cookie: __, ...headers } }: IncomingMessage) =>
    request(new URL(path ?? "/", gateway), { method, headers: { ...headers, host: new URL(gateway).host } });
  const server = createServer((asked, answer) => {
    const file = files.get(asked.url ?? "");
    if (!isOwn(asked)) answer.writeHead(403).end();
    else if (file !== undefined)
      answer.writeHead(200, { "content-type": file.type, "content-security-policy": POLICY }).end(file.text);
    else if (asked.url?.startsWith("/api/"))
      asked.pipe(
        pass(asked)
          .on("response", (found) => found.pipe(answer.writeHead(found.statusCode ?? 502, found.headers)))
          .on("error", () => answer.destroy()),
      );
    else answer.writeHead(404).end();
  });
  // The live socket.
  server.on("upgrade", (asked, socket) => {
    if (!isOwn(asked) || !asked.url?.startsWith("/api/")) {
      socket.destroy();
      return;
    }
    socket.on("error", () => undefined);
    pass(asked)
      .on("upgrade", ({ rawHeaders }, up) => {
        const lines = rawHeaders.flatMap((name, index) => (index % 2 ? [] : [`${name}: ${rawHeaders[index + 1]}`]));
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
        up.on("error", () => socket.destroy()).pipe(socket);
        socket.on("close", () => up.destroy()).pipe(up);
      })
      .on("response", () => socket.destroy())
      .on("error", () => socket.destroy())
      .end();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

if (import.meta.main) {
  const [gateway = "http://127.0.0.1:4400"] = process.argv.slice(2);
  process.stdout.write(`${(await serve(gateway, 4500)).url}\n`);
}
