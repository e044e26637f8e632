import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consoleRoutes, readConsole } from "./console-routes.ts";

let directory: string;
let server: FastifyInstance;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "cairn-console-"));
  const described = { paths: ["/", "/files", "/spare"], files: ["main-1.js", "plain-1.wasm"] };
  writeFileSync(join(directory, "console.json"), JSON.stringify(described));
  writeFileSync(join(directory, "shell.html"), "<!doctype html><title>shell</title>");
  writeFileSync(join(directory, "main-1.js"), "export const one = 1;");
  writeFileSync(join(directory, "main-1.js.gz"), gzipSync("export const one = 1;"));
  writeFileSync(join(directory, "plain-1.wasm"), "wasm");
  server = fastify();
  await server.register(consoleRoutes(readConsole(directory), ["/spare"]));
  server.get("/spare/of-a-door", () => "the door's");
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

describe("the console's routes", () => {
  it("answer with the shell where a page stands and below, and not elsewhere", async () => {
    for (const path of ["/", "/files", "/files/a/b?c=d"]) {
      const { statusCode, body, headers } = await server.inject(path);
      expect([path, statusCode, body]).toEqual([path, 200, "<!doctype html><title>shell</title>"]);
      expect(headers["cache-control"]).toBe("no-store");
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).not.toMatch(/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')/);
      expect(headers["x-frame-options"]).toBe("DENY");
    }
    for (const path of ["/file", "/filesystem", "/api/v1/x"]) expect((await server.inject(path)).statusCode).toBe(404);
  });

  it("show a browser that nothing is at an address, and tell programs so", async () => {
    const headers = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
    for (const path of ["/nope", "/nope/deeper?a=b", "/apish"]) {
      const shown = await server.inject({ url: path, headers });
      expect([path, shown.statusCode, shown.body]).toEqual([path, 404, "<!doctype html><title>shell</title>"]);
      expect(shown.headers["content-security-policy"]).toContain("default-src 'none'");
      expect((await server.inject(path)).json()).toMatchObject({ statusCode: 404 });
      expect((await server.inject({ url: path, headers, method: "POST" })).json()).toMatchObject({ statusCode: 404 });
    }
    for (const path of ["/api/v1/nope", "/api", "/console/nope.js", "/spare", "/spare/nope"])
      expect((await server.inject({ url: path, headers })).json()).toMatchObject({ statusCode: 404 });
  });

  it("leave a door what lies below its prefixes", async () => {
    expect((await server.inject("/spare")).statusCode).toBe(404);
    expect((await server.inject("/spare/of-a-door")).body).toBe("the door's");
  });

  it("send files for ever, zipped for who takes that, and nothing else of the folder", async () => {
    const zipped = await server.inject({ url: "/console/main-1.js", headers: { "accept-encoding": "gzip, br" } });
    expect(zipped.headers).toMatchObject({
      "content-encoding": "gzip",
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": "text/javascript; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
    const plain = await server.inject("/console/main-1.js");
    expect([plain.headers["content-encoding"], plain.body]).toEqual([undefined, "export const one = 1;"]);
    expect((await server.inject("/console/plain-1.wasm")).headers["content-type"]).toBe("application/wasm");
    for (const name of ["console.json", "main-1.js.gz", "..%2fconsole.json", "shell.html", "__proto__"])
      expect([name, (await server.inject(`/console/${name}`)).statusCode]).toEqual([name, 404]);
  });
});
