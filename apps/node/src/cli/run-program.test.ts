import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { homeAt } from "../home/home.ts";
import { serveHome } from "./testing/serve-home.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

let directory: string;
let server: Server;
let served: Awaited<ReturnType<typeof serveHome>>;
let error: unknown;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-program-"));
  server = createServer((_request, response) => response.writeHead(500).end(JSON.stringify({ error }))).listen(0);
  await once(server, "listening");
  const home = homeAt(join(directory, "home"));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  served = await serveHome(home, url);
});
afterAll(async () => {
  server.close();
  served.release();
  await rm(directory, { recursive: true, force: true });
});

function cairn(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const line = ["--disable-warning=ExperimentalWarning", MAIN, ...args, "--home", join(directory, "home")];
  return new Promise((resolve) => {
    execFile(process.execPath, line, (failure, stdout, stderr) =>
      resolve({ code: failure?.code ?? 0, stdout, stderr }),
    );
  });
}

it.each([
  { code: "missing-command", kind: "teapot", message: "no help was shown" },
  { code: "missing-command", kind: "input", message: "no help was shown" },
  { code: "x", kind: "constructor", message: "what" },
  { code: 7, kind: [], message: {} },
  { code: "help", kind: "__proto__", message: "m" },
])("fails, and says so, whatever error a gateway makes up: $code, $kind", async (sent) => {
  error = sent;
  for (const command of [["ls"], ["put", MAIN, "--yes"]]) {
    const plain = await cairn(...command);
    expect(plain.code).not.toBe(0);
    expect(plain.stderr).toMatch(/^cairn: ./);
    const json = await cairn(...command, "--json");
    expect(json.code).not.toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { message: expect.any(String) } });
  }
});

it("ends a command that nothing can settle any more with words and a documented exit code", async () => {
  const script = `
    import { Command } from ${JSON.stringify(import.meta.resolve("commander"))};
    import { runProgram } from ${JSON.stringify(new URL("run-program.ts", import.meta.url).href)};
    await runProgram(new Command("cairn").action(() => new Promise(() => undefined)).option("--json"));`;
  const file = join(directory, "unsettled.mjs");
  await writeFile(file, script);
  const ended = (...args: string[]) => spawnSync(process.execPath, [file, ...args], { encoding: "utf8" });
  const plain = ended();
  expect(plain).toMatchObject({ status: 1, stderr: expect.stringContaining("cairn: the command did not end") });
  expect(plain.stderr).not.toContain("top-level await");
  expect(JSON.parse(ended("--json").stdout)).toMatchObject({ error: { code: "command-unsettled" } });
});

it("says that there is no such command to help with", async () => {
  const { code, stderr } = await cairn("help", "nosuch");
  expect(code).toBe(2);
  expect(stderr).toMatch(/cairn: there is no command "nosuch"\n +The commands are: up, open, stop, /);
});

it("shows how many shards a put makes unless it is told", async () => {
  const { stdout } = await cairn("put", "--help");
  const words = stdout.replace(/\s+/g, " ");
  expect(words).toContain("shards that restore a piece (default: the network's, 2)");
  expect(words).toContain("each on another provider (default: the network's, 4)");
});
