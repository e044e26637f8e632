import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CairnClient, PackageDetailJson } from "@cairn/client";
import type { Address, DealId, Hex } from "@cairn/protocol";
import { ChainBooks, isLiveState } from "./chain-books.ts";
import { atFullStrength, type TestNetwork, until } from "./network.ts";

/** How long the network may take to be at rest once nothing is killed any more. */
const REST_SECONDS = 150;
/** How long the books may take to agree, and providers and the gateway to drop what is of no use any more, on a busy machine. */
const SWEEP_SECONDS = 90;
const OVER = ["ABANDONED", "REMOVED", "EXPIRED"];

/** Books of a network's chain, opened at its present address. */
export async function openBooks(network: TestNetwork): Promise<ChainBooks> {
  const { chainUrl } = await network.run();
  const { deployment } = await (await network.client()).network();
  return ChainBooks.open(chainUrl, deployment.deals as Address);
}

/** Ask again while the gateway or what stands behind it is being started again. */
export async function patiently<T>(ask: () => Promise<T>, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

export async function allPackages(client: CairnClient): Promise<PackageDetailJson[]> {
  const listed = await patiently(() => client.packages());
  return Promise.all(listed.map(({ id }) => patiently(() => client.package(id))));
}

const atRest = (found: PackageDetailJson) =>
  atFullStrength(found) || OVER.includes(found.state) || found.state === "ENDING";

/** Wait until every package is STORED at full strength, being ended, or over; throws with those that are not. */
export async function untilAtRest(client: CairnClient, seconds = REST_SECONDS): Promise<PackageDetailJson[]> {
  const packages = await until(
    async () => {
      const all = await allPackages(client);
      return { all, waiting: all.filter((found) => !atRest(found)).map(describe) };
    },
    ({ waiting }) => waiting.length === 0,
    seconds,
    "every package at rest",
  ).catch(async (error) => {
    const waiting = (await allPackages(client)).filter((found) => !atRest(found));
    throw new Error(`packages that do not come to rest: ${JSON.stringify(waiting.map(describe))}`, { cause: error });
  });
  return packages.all;
}

function describe({ id, state, cause, next, slots }: PackageDetailJson) {
  const open = slots
    .filter((slot) => slot.state !== "ACTIVE")
    .map(({ piece, shard, state: of, cause: why }) => {
      return `${piece}/${shard} ${of}${why === null ? "" : `: ${why}`}`;
    });
  return { id, state, cause, next, open };
}

/**
 * Money, in two steps: the contracts' own books add up, and every live deal is one that the gateway's packages know of, with the same
 * sums. Throws with what differs.
 */
export async function checkMoney(client: CairnClient, books: ChainBooks): Promise<void> {
  await until(
    () =>
      patiently(async () => [
        ...(await books.differences()),
        ...(await strangeDeals(client, books)),
        ...(await sums(client, books)),
        ...(await statementLines(client, books)),
      ]),
    (found) => found.length === 0,
    SWEEP_SECONDS,
    "agreement of events, contracts and gateway about money",
  );
}

/** Deals that are live on chain and that no package waits for: escrow would be paid for nothing. */
async function strangeDeals(client: CairnClient, books: ChainBooks): Promise<string[]> {
  const packages = (await allPackages(client)).filter((found) => !OVER.includes(found.state));
  const known = new Set(packages.flatMap((found) => found.slots.map((slot) => slot.deal)));
  return books
    .live()
    .filter((deal) => !known.has(deal.deal))
    .map((deal) => `deal ${deal.deal} of ${deal.slot} is ${deal.state} and belongs to no slot`);
}

async function sums(client: CairnClient, books: ChainBooks): Promise<string[]> {
  const packages = (await allPackages(client)).filter((found) => found.documentHash !== null);
  return packages.flatMap((found) => {
    const deals = [...books.deals.values()].filter((deal) => deal.documentHash === found.documentHash);
    const paid = deals.reduce((sum, deal) => sum + deal.paid, 0n);
    const reserve = books.reserveOf(found.documentHash as Hex);
    if (OVER.includes(found.state) && found.state !== "ABANDONED" && deals.some((deal) => isLiveState(deal.state))) {
      return [`package ${found.id} is ${found.state} with a live deal`];
    }
    if (found.state === "ABANDONED" && deals.length > 0)
      return [`package ${found.id} is ABANDONED with a deal on chain`];
    return [
      ...(BigInt(found.paid) === paid
        ? []
        : [`package ${found.id}: the gateway counts ${found.paid} paid, not ${paid}`]),
      ...(BigInt(found.reserve) === reserve
        ? []
        : [`package ${found.id}: the gateway counts ${found.reserve} in reserve, not ${reserve}`]),
    ];
  });
}

/** The statement of the account's wallets comes to what the contract holds for them. */
async function statementLines(client: CairnClient, books: ChainBooks): Promise<string[]> {
  const found: string[] = [];
  for (const { wallet, deposit, escrow, reserve } of await client.statementTotals()) {
    const owner = wallet.toLowerCase();
    const deals = [...books.deals.values()].filter((deal) => deal.owner === owner);
    const packages = [...books.packages.values()].filter((one) => one.owner === owner);
    const compare = (what: string, told: string, booked: bigint) => {
      if (BigInt(told) !== booked) found.push(`the statement of ${wallet} comes to ${told} of ${what}, not ${booked}`);
    };
    compare("deposit", deposit, books.accounts.get(owner as Address) ?? 0n);
    compare(
      "escrow",
      escrow,
      deals.reduce((sum, deal) => sum + deal.escrow - deal.paid - deal.refunded, 0n),
    );
    compare(
      "reserve",
      reserve,
      packages.reduce((sum, one) => sum + one.reserve, 0n),
    );
  }
  return found;
}

/** Every shard at a provider, whole or arriving, belongs to a deal that lives on chain. */
export async function checkShards(network: TestNetwork, books: ChainBooks): Promise<void> {
  await until(
    async () => {
      await patiently(() => books.update());
      const live = new Set(books.live().map((deal) => deal.deal));
      return (await heldDeals(network)).filter(({ deal }) => !live.has(deal));
    },
    (orphans) => orphans.length === 0,
    SWEEP_SECONDS,
    "dropping shards without a deal",
  );
}

async function heldDeals(network: TestNetwork): Promise<{ provider: string; place: string; deal: DealId }[]> {
  const providers = join(network.home, "providers");
  const held = [];
  for (const provider of await readdir(providers)) {
    for (const place of ["shards", "incoming", "trash"]) {
      for (const deal of await namesIn(join(providers, provider, place))) {
        held.push({ provider, place, deal: deal as DealId });
      }
    }
  }
  return held;
}

/** At rest the gateway keeps no spooled piece and no rebuilt shard. @param spool where it is elsewhere than in the home */
export async function checkSpool(
  network: TestNetwork,
  spool: string = join(network.home, "gateway", "spool"),
): Promise<void> {
  const files = async () => {
    const found = await Promise.all(
      (await namesIn(spool))
        .filter((id) => id !== "spool-id")
        .map(async (id) => [id, ...(await namesIn(join(spool, id))).map((name) => `${id}/${name}`)]),
    );
    return found.flat();
  };
  await until(files, (found) => found.length === 0, SWEEP_SECONDS, "dropping spooled files");
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

/** Lines of a log at error level, by message, without what differs from one to the next. */
export async function errorLines(network: TestNetwork, name: string): Promise<Map<string, number>> {
  const text = await readFile(join(network.home, "logs", `${name}.log`), "utf8").catch(() => "");
  const counts = new Map<string, number>();
  for (const line of text.split("\n")) {
    const level = /"level":(\d+)/.exec(line)?.[1];
    const bad = level === undefined ? /uncaught|unhandled|PANIC|^\s+at /i.test(line) : Number(level) >= 50;
    if (!bad) continue;
    const what = line.replace(/"(time|pid)":\d+,?/g, "").replace(/0x[0-9a-f]+|[0-9a-f]{32}|\d{3,}/g, "…");
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
}
