import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const LINE = ["--disable-warning=ExperimentalWarning", MAIN];
const A = `0x${"ab".repeat(20)}`;
/** What a provider remembers of its network; nothing answers at this chain. */
const REMEMBERED = {
  chainUrl: "http://127.0.0.1:1/",
  deployment: {
    ...{ chainId: 5, deals: A, registry: A, ledger: A, genesisTime: 1, periodSeconds: 60, graceSeconds: 1 },
    ...{ disputePeriods: 1, voteWindowPeriods: 1, proposalSeconds: 60, deployedAt: 1 },
  },
};

/** A node of a chain that wants a key in its URL. */
let node: Server;
let url: string;
let asked: () => void = () => undefined;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-own-chain-"));
  await mkdir(join(directory, "provider"));
  await writeFile(join(directory, "provider/network.json"), JSON.stringify(REMEMBERED));
  node = createServer((_request, response) => {
    asked();
    response.writeHead(401).end();
  }).listen(0, "127.0.0.1");
  await once(node, "listening");
  url = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
});
afterAll(async () => {
  node.close();
  await rm(directory, { recursive: true, force: true });
});

const environment = (more: object) => ({ PATH: process.env.PATH, HOME: directory, CAIRN_HOME: directory, ...more });

/** Run a provider until it has asked the chain that it is to believe. */
async function runUntilAsked(args: string[], env: object): Promise<void> {
  const running = spawn(process.execPath, [...LINE, "provider", "--gateway", "http://127.0.0.1:1", ...args], {
    env: environment(env),
    stdio: "ignore",
  });
  const ended = once(running, "exit");
  try {
    await Promise.race([
      new Promise<void>((resolve) => {
        asked = resolve;
      }),
      ended.then(([code]) => Promise.reject(new Error(`the provider ended with ${code}`))),
    ]);
  } finally {
    running.kill();
    await ended;
  }
}

function answer(args: string[], env: object): Promise<{ error: Record<string, string> }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...LINE, "provider", ...args, "--json"], { env: environment(env) }, (_, stdout) =>
      resolve(JSON.parse(stdout)),
    );
  });
}

it("asks the chain that its operator names, whatever its gateway said", async () => {
  await runUntilAsked(["--chain", url], { CAIRN_CHAIN_URL: "http://127.0.0.1:2" });
  await runUntilAsked([], { CAIRN_CHAIN_URL: url });
});

it.each([["retire"], ["withdraw", "1"]])("asks it too where the cold key signs: %s", async (...args) => {
  for (const [more, env] of [
    [["--chain", url], {}],
    [[], { CAIRN_CHAIN_URL: url }],
  ] as const) {
    expect((await answer([...args, ...more], env)).error).toMatchObject({
      code: "chain-unreachable",
      message: expect.stringContaining(url),
      next: expect.stringContaining("--chain"),
    });
  }
});

it.each([
  ["a chain's URL", ["--chain", "ftp://x"], '--chain is "ftp://x"'],
  ["a region", ["--region", "a\u001b[31mb"], "region"],
])("refuses %s that cannot be one before it starts", async (_, args, named) => {
  const { error } = await answer(["--gateway", "http://127.0.0.1:1", ...args], {});
  expect(error).toMatchObject({ kind: "input", message: expect.stringContaining(named) });
});
