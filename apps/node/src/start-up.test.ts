import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdLock } from "@cairn/process";
import { afterAll, describe, expect, it } from "vitest";
import { ensureAccount } from "./account/account.ts";
import { homeAt } from "./home/home.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-start-up-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What signs, verifies and speaks to a chain or a database. */
const CHAIN = ["viem", "ox", "abitype", "@ethereumjs/vm", "pg", "kysely", "fastify", "pino", "solc"];

/** Says the address of every module as it is loaded. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  import { writeSync } from "node:fs";
  registerHooks({ load(url, context, next) { writeSync(2, "loaded " + url + "\\n"); return next(url, context); } });
`)}`;

interface Loaded {
  status: number | null;
  libraries: string[];
  rooms: string[];
}

/** Libraries, and rooms of ours, that a Node process loads. */
const loadedBy = (...args: string[]): Promise<Loaded> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--import", HOOK, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env.PATH, HOME: directory, CAIRN_BUNDLES: "off" },
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.once("close", (status) => resolve({ status, ...modulesOf(said) }));
  });

function modulesOf(stderr: string): Omit<Loaded, "status"> {
  const urls = [...stderr.matchAll(/^loaded (file:.*)$/gm)].map(([, url]) => url ?? "");
  const named = (pattern: RegExp) => [...new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? []))].sort();
  return {
    libraries: named(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//),
    rooms: named(/\/packages\/([^/]+)\/(?!.*node_modules)/),
  };
}

const MAIN = join(import.meta.dirname, "main.ts");
const module = (name: string) => [
  "--input-type=module",
  "-e",
  `await import(${JSON.stringify(join(import.meta.dirname, name))})`,
];

describe("the start of a command", () => {
  it.each(["--help", "--version", "put --help", "key", "pit"])(
    "`%s` loads the parser of the command line alone",
    async (line) => {
      const { libraries, rooms } = await loadedBy(MAIN, ...line.split(" "));
      expect(libraries).toEqual(["commander"]);
      expect(rooms.filter((room) => !["core", "process", "protocol", "archive", "owner"].includes(room))).toEqual([]);
    },
  );

  it.each([
    "put x",
    "get x y",
    "show x",
    "ls",
    "cat x/y",
    "check x",
    "diff x y",
    "rm x",
    "wallet",
    "recover",
    "events",
  ])("`%s` finds out whether the network runs before it loads more", async (line) => {
    const { status, libraries } = await loadedBy(MAIN, ...line.split(" "));
    expect(status).toBe(6);
    expect(libraries).toEqual(["commander"]);
  });

  it("asks its first question before it loads archives, OpenPGP or the chain's library", async () => {
    const home = join(directory, "asking");
    const asked: string[] = [];
    const gateway = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: "refused", kind: "missing", message: "refused" } }));
    });
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    await ensureAccount(homeAt(home));
    writeFileSync(join(home, "token"), "token\n");
    const run = { url, pid: process.pid, profile: "local", chainUrl: url, startedAt: 0, children: [] };
    writeFileSync(join(home, "run.json"), JSON.stringify(run));
    const lock = holdLock(join(home, "lock"));
    try {
      for (const line of ["ls", "put .", "get x y", "show x", "check x", "cat x/y", "diff x y", "wallet"]) {
        asked.length = 0;
        const { status, libraries } = await loadedBy(MAIN, ...line.split(" "), "--home", home);
        expect({ line, status, asked: asked.length }).toEqual({ line, status: 4, asked: 1 });
        const late = [
          "openpgp",
          "ipfs-unixfs",
          "@ipld/dag-cbor",
          "@noble/curves",
          "readable-stream",
          "typebox",
          ...CHAIN,
        ];
        expect({ line, early: libraries.filter((library) => late.includes(library)) }).toEqual({ line, early: [] });
      }
    } finally {
      lock.release();
      gateway.close();
    }
  });

  it("needs keys, archives and the chain's library only where they are used", async () => {
    for (const name of ["put", "put-recorded", "get", "show", "check", "cat", "diff", "rm", "mv", "wallet"]) {
      const { libraries } = await loadedBy(...module(`cli/${name}.ts`));
      expect(
        libraries.filter((library) => CHAIN.includes(library)),
        name,
      ).toEqual([]);
    }
    const { libraries: listing } = await loadedBy(...module("cli/ls.ts"));
    expect(
      listing.filter((library) => ["openpgp", "multiformats", "@ipld/dag-cbor", ...CHAIN].includes(library)),
    ).toEqual([]);
    // The hook sees what is loaded: a command that does need the chain's library.
    expect((await loadedBy(...module("cli/move-coins.ts"))).libraries).toContain("viem");
  });

  it("starts a network without loading what only its processes run", async () => {
    const { libraries, rooms } = await loadedBy(...module("up/up.ts"));
    const theirs = ["@ethereumjs/vm", "@ethereumjs/evm", "fastify", "ws", "pino", "prom-client", "openpgp", "solc"];
    expect(libraries.filter((library) => theirs.includes(library))).toEqual([]);
    expect(rooms.filter((room) => ["archive", "doors", "market", "proofs"].includes(room))).toEqual([]);
    expect(libraries).toContain("pg");
  });
});
