import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ChainBooks } from "./support/chain-books.ts";
import { allPackages, checkMoney, openBooks, untilAtRest } from "./support/invariants.ts";
import { runCli, spawnCli, startNetwork, type TestNetwork, until } from "./support/network.ts";
import { startSecondGateway } from "./support/second-gateway.ts";

const PUTS = 2;
const TAKE_OVER_SECONDS = 60;

let directory: string;
let first: TestNetwork;
let second: TestNetwork;
let books: ChainBooks;
const providers: ChildProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-two-"));
  const env = { CAIRN_SHARED: join(directory, "shared") };
  first = await startNetwork({ providers: 0, env });
  second = await startSecondGateway(first, join(directory, "second"), env);
  for (let i = 0; i < 3; i++) {
    const to = [first, second].flatMap(({ url }) => ["--gateway", url]);
    const at = join(directory, `provider-${i}`);
    providers.push(spawnCli(["provider", ...to, "--directory", at, "--capacity", "2GB", "--home", first.home]));
  }
  for (const { client } of [first, second]) {
    const asked = await client();
    await until(
      () => asked.status(),
      ({ providersConnected }) => providersConnected === 3,
      120,
      "three providers",
    );
  }
  books = await openBooks(first);
});
afterAll(async () => {
  await books?.close();
  for (const one of providers) one.kill("SIGTERM");
  await second?.stop();
  await first?.stop();
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

it("goes on with the puts of a gateway that was killed, doubles nothing and loses nothing", async () => {
  const client = await first.client();
  const { gateways } = await client.status();
  expect(gateways.map(({ url, away }) => [url, away]).sort()).toEqual(
    [first.url, second.url].sort().map((url) => [url, false]),
  );
  const put = async ({ home }: TestNetwork, name: string) => {
    const folder = join(directory, name);
    await mkdir(folder);
    await writeFile(join(folder, "bytes"), randomBytes(400_000));
    const done = await runCli(["put", folder, "--home", home, "--yes", "--copies", "2", "--detach"]);
    expect(done.code, done.stderr).toBe(0);
  };
  // The first put makes the account.
  await put(first, "begin");
  await cp(join(first.home, "account"), join(second.home, "account"), { recursive: true });
  await Promise.all(
    [first, second].map(async (network, at) => {
      for (let i = 0; i < PUTS; i++) await put(network, `put-${at}-${i}`);
    }),
  );
  expect((await (await second.client()).packages()).length).toBe(2 * PUTS + 1);
  // In the middle of what is placed: the whole second gateway, with whatever it drives.
  const [gateway] = [JSON.parse(await readFile(join(second.home, "children.json"), "utf8"))].map((record) =>
    (Array.isArray(record) ? record : record.children).find((one: { name: string }) => one.name === "gateway"),
  );
  second.process.kill("SIGKILL");
  process.kill(gateway.pid, "SIGKILL");
  const killed = Date.now();
  const open = (await allPackages(client)).filter(({ state }) => state !== "STORED").length;
  await untilAtRest(client);
  const packages = await allPackages(client);
  expect(packages.map(({ state }) => state)).toEqual(packages.map(() => "STORED"));
  await checkMoney(client, books);
  const live = books.live().map(({ slot }) => slot);
  expect(new Set(live).size).toBe(live.length);
  await until(
    () => client.status(),
    ({ gateways: known }) => known.some(({ url, away }) => url === second.url && away),
    TAKE_OVER_SECONDS + 30,
    "the killed gateway named as away",
  );
  // Periods go on being opened, judged and voted by who is left.
  const before = (await client.status()).period;
  await until(
    () => client.status(),
    ({ period, provedLastPeriod, missedLastPeriod }) =>
      period > before && provedLastPeriod > 0 && missedLastPeriod === 0,
    TAKE_OVER_SECONDS * 2,
    "a period proved after the kill",
  );
  process.stdout.write(
    `${open} packages under way; at rest and audited ${Math.round((Date.now() - killed) / 1000)} s after the kill\n`,
  );
});
