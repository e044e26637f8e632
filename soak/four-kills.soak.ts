import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CairnClient } from "@cairn/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChainBooks } from "../apps/node/test/support/chain-books.ts";
import {
  allPackages,
  checkMoney,
  checkShards,
  checkSpool,
  openBooks,
  patiently,
  untilAtRest,
} from "../apps/node/test/support/invariants.ts";
import { type StartedProvider, startLocalProvider } from "../apps/node/test/support/local-provider.ts";
import { startNetwork, type TestNetwork, until } from "../apps/node/test/support/network.ts";
import { fingerprint } from "../apps/node/test/support/trees.ts";

/** Several pieces in a folder of 2 MB, so that their slots interleave. */
const PIECE_LIMIT = 900_000;
/** Milliseconds, for a busy machine. A kill loop over hundreds of random instants is in soak/kill-loop.soak.ts; here each part dies once or twice at a chosen one. */
const SECONDS = 450_000;

let network: TestNetwork;
let client: CairnClient;
let books: ChainBooks;
const revived: StartedProvider[] = [];

beforeAll(async () => {
  network = await startNetwork({ env: { CAIRN_PIECE_LIMIT: String(PIECE_LIMIT) } });
  client = await network.client();
  books = await openBooks(network);
}, SECONDS);
afterAll(async () => {
  await Promise.all(revived.map((provider) => provider.stop()));
  await books?.close();
  await network?.stop();
});

async function makeTree(name: string): Promise<string> {
  const tree = join(network.directory, name);
  await mkdir(tree);
  for (let i = 0; i < 4; i += 1) await writeFile(join(tree, `file ${i}`), randomBytes(500_000));
  return tree;
}

/** Wait until the one package that is on its way has come to one of these states. */
const untilIn = (...states: string[]) =>
  until(
    () => patiently(() => client.packages()),
    (all) => all.some(({ state }) => states.includes(state)),
    150,
    `a package that is ${states.join(" or ")}`,
  );

async function comesBack(name: string): Promise<void> {
  const back = join(network.directory, `${name} back ${randomBytes(4).toString("hex")}`);
  const got = await network.cli("get", name, back);
  expect(got.code, got.stderr).toBe(0);
  expect(await fingerprint(back)).toBe(await fingerprint(join(network.directory, name)));
}

/** Wait until a package has been removed: its name then finds nothing that lives. */
const untilGone = (name: string) =>
  until(
    () => network.cli("show", name, "--json"),
    ({ stdout }) => /"state": "REMOVED"|unknown-package/.test(stdout),
    120,
    `the removal of ${name}`,
  );

async function isSound(): Promise<void> {
  await untilAtRest(client);
  await checkMoney(client, books);
  await checkShards(network, books);
  await checkSpool(network);
}

describe("kill -9", () => {
  it(
    "of the gateway while it receives a package and while it hands it over: the put goes on by itself",
    async () => {
      const put = network.cli("put", await makeTree("first"), "--json");
      await untilIn("RECEIVING", "COMMITTING", "COMMITTED");
      await network.kill("gateway");
      await untilIn("PLACING");
      await network.kill("gateway");
      const { code, stdout, stderr } = await put;
      expect(code, stdout + stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ name: "first", state: "STORED" });
      expect(await allPackages(client)).toHaveLength(1);
      await comesBack("first");
      await isSound();
    },
    SECONDS,
  );

  it(
    "of the chain while deals are agreed: each is proposed and paid once",
    async () => {
      const put = network.cli("put", await makeTree("second"), "--json");
      await untilIn("PLACING");
      await network.kill("chain");
      const { code, stdout, stderr } = await put;
      expect(code, stdout + stderr).toBe(0);
      await isSound();
      expect(books.live()).toHaveLength((await allPackages(client)).flatMap(({ slots }) => slots).length);
    },
    SECONDS,
  );

  it(
    "of PostgreSQL and of the gateway during get: the folder comes back all the same",
    async () => {
      for (const name of ["postgres", "gateway"]) {
        const got = comesBack("second");
        await new Promise((resolve) => setTimeout(resolve, 900));
        await network.kill(name);
        await got;
      }
    },
    SECONDS,
  );

  it(
    "of the gateway while a package is removed: it is removed all the same",
    async () => {
      const removal = network.cli("rm", "second", "--json");
      await untilIn("ENDING");
      await network.kill("gateway");
      const { code, stdout, stderr } = await removal;
      expect(code, stdout + stderr).toBe(0);
    },
    SECONDS,
  );

  it(
    "of a second provider, and of the gateway, while the shards of a first are rebuilt",
    async () => {
      const first = (await allPackages(client)).find(({ state }) => state === "STORED");
      const slots = first?.slots ?? [];
      const holders = await Promise.all(slots.slice(0, 2).map(({ deal }) => network.holderOf(deal ?? "")));
      const dead = holders.map(({ name }) => name);
      await network.kill(dead[0] ?? "");
      await untilIn("DEGRADED");
      await network.kill(dead[1] ?? "");
      await network.kill("gateway");
      await untilAtRest(client);
      await comesBack("first");
      for (const name of dead) revived.push(startLocalProvider(network.home, name));
      await untilGone("second");
      await isSound();
    },
    SECONDS,
  );
});
