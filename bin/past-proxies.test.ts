import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const { pastProxies } = (await import(join(import.meta.dirname, "past-proxies.mjs"))) as {
  pastProxies(environment: NodeJS.ProcessEnv): Record<string, string>;
};

let asked: (string | undefined)[];
let proxy: Server;
let server: Server;
const portOf = (one: Server) => (one.address() as AddressInfo).port;

beforeAll(async () => {
  proxy = createServer((request, response) => {
    asked.push(request.method);
    response.end("by proxy");
  });
  proxy.on("connect", (request, socket) => {
    asked.push(request.method);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  server = createServer((_, response) => response.end("direct"));
  for (const one of [proxy, server]) await new Promise<void>((done) => one.listen(0, "127.0.0.1", done));
});
afterAll(() => {
  proxy.close();
  server.close();
});

/** What a Node process with this environment is answered, by node:http and by fetch. */
function answers(environment: NodeJS.ProcessEnv): Promise<string> {
  const url = `http://127.0.0.1:${portOf(server)}/`;
  const script = `
    const { get } = await import("node:http");
    const one = await new Promise((done) => get("${url}", async (r) => done((await r.toArray()).join(""))));
    const other = await fetch("${url}").then((r) => r.text()).catch(() => "failed");
    process.stdout.write(one + ", " + other, () => process.exit());`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (bytes) => {
      said += bytes;
    });
    child.once("close", () => resolve(said));
  });
}

describe("a proxy in the environment", () => {
  it.each(["HTTP_PROXY", "http_proxy"])("of %s is not asked for this machine itself", async (name) => {
    asked = [];
    const environment = { NODE_USE_ENV_PROXY: "1", [name]: `http://127.0.0.1:${portOf(proxy)}` };
    expect(await answers(environment)).toBe("by proxy, failed");
    expect(asked).toEqual(["GET", "CONNECT"]);
    expect(await answers({ ...environment, ...pastProxies(environment) })).toBe("direct, direct");
    expect(asked).toHaveLength(2);
  });

  it("keeps what else is told not to go by it", () => {
    expect(pastProxies({ PATH: "/bin", NO_PROXY: "a.example" })).toEqual({});
    const value = "a.example,localhost,127.0.0.1,::1,[::1]";
    const both = { https_proxy: "http://p", no_proxy: "a.example", NO_PROXY: "b.example" };
    expect(pastProxies(both)).toEqual({ NO_PROXY: value, no_proxy: value });
  });
});
