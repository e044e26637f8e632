import type { FinalizedHead, LedgerEvent, ProviderRecord } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address, Hex } from "@cairn/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  catalogMigrations,
  createProjection,
  type Entry,
  type Projection,
  pageEntries,
  totalEntries,
} from "./index.ts";

const hex = (n: number, bytes: number): Hex => `0x${n.toString(16).padStart(bytes * 2, "0")}`;
const OWNERS: Address[] = [hex(0xa1, 20), hex(0xa2, 20)];
const PROVIDERS: Address[] = [hex(0xb1, 20), hex(0xb2, 20)];
/** One of them is the first owner's own wallet. */
const PAYOUTS: Address[] = [hex(0xc1, 20), OWNERS[0]!];

let database: TestDatabase;
let projection: Projection;
beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  projection = createProjection(database.pool, {
    provider: async (address) => record(PROVIDERS.indexOf(address)),
    deployment: { deployedAt: 1, genesisTime: 0, periodSeconds: 10 } as never,
  });
});
afterAll(() => database?.drop());

const record = (index: number): ProviderRecord => ({
  provider: PROVIDERS[index]!,
  payout: PAYOUTS[index]!,
  ...{ hot: hex(0xd, 20), capacity: 1n, priceFloor: 1n, egressPrice: 0n, duty: 1n, region: "", endpoint: "" },
  ...{ active: true, nextNonce: 0n },
});

interface Holding {
  deposit: bigint;
  escrow: bigint;
  reserve: bigint;
}

/** What the contract does with money, as far as its events tell of it. */
class Model {
  readonly events: LedgerEvent[] = [];
  readonly wallets = new Map<Address, Holding>();
  readonly deals: {
    id: Hex;
    owner: Address;
    provider: Address;
    rest: bigint;
    state: string;
    fromReserve: boolean;
    slot: string;
  }[] = [];
  readonly packages = new Map<string, { owner: Address; documentHash: Hex; reserve: bigint }>();
  #block = 1;

  of(wallet: Address): Holding {
    const found = this.wallets.get(wallet) ?? { deposit: 0n, escrow: 0n, reserve: 0n };
    this.wallets.set(wallet, found);
    return found;
  }

  #emit(event: object): void {
    // Two or three events of one block, as one transaction has them.
    if (this.events.length % 3 === 0) this.#block += 1;
    const place = {
      block: this.#block,
      logIndex: this.events.length,
      transaction: hex(this.#block, 32),
      time: this.#block * 2,
    };
    this.events.push({ ...event, ...place } as LedgerEvent);
  }

  step([what, a, b, amount]: [number, number, number, bigint]): void {
    const owner = OWNERS[a % OWNERS.length]!;
    const holding = this.of(owner);
    const documentHash = hex(1 + (b % 2), 32);
    const key = `${owner}/${documentHash}`;
    const found = this.packages.get(key);
    const deal = this.deals[b % Math.max(1, this.deals.length)];
    if (what === 0) {
      holding.deposit += amount;
      this.#emit({ name: "Deposited", account: owner, amount });
    } else if (what === 1 && holding.deposit >= amount) {
      holding.deposit -= amount;
      this.#emit({ name: "Withdrawn", account: owner, amount });
    } else if (what === 2 && found === undefined && holding.deposit >= amount) {
      holding.deposit -= amount;
      holding.reserve += amount;
      this.packages.set(key, { owner, documentHash, reserve: amount });
      this.#emit({ name: "PackageCreated", documentHash, owner, executor: owner, reserve: amount });
    } else if (what === 3 && found !== undefined) {
      const slot = `${key}/${b % 3}`;
      const before = this.deals.filter((one) => one.slot === slot);
      if (before.some(({ state }) => state === "ACTIVE" || state === "PROPOSED")) return;
      const fromReserve = before.some(({ state }) => state === "FAILED" || state === "COMPLETED");
      if ((fromReserve ? found.reserve : holding.deposit) < amount) return;
      if (fromReserve) {
        found.reserve -= amount;
        holding.reserve -= amount;
      } else holding.deposit -= amount;
      holding.escrow += amount;
      const id = hex(1000 + this.deals.length, 32);
      const provider = PROVIDERS[b % 2]!;
      this.deals.push({ id, owner, provider, rest: amount, state: "PROPOSED", fromReserve, slot });
      this.#emit({
        ...{ name: "DealProposed", deal: id, documentHash, provider, owner, piece: 0, shard: b % 3, escrow: amount },
        ...{
          deadline: 0,
          commitment: hex(9, 32),
          rawLength: 127n,
          pricePerPeriod: 1n,
          periods: 1,
          duty: 1n,
          verifierSet: hex(8, 32),
        },
      });
    } else if (what === 4 && deal?.state === "PROPOSED") {
      deal.state = "ACTIVE";
      this.#emit({ name: "DealStateChanged", deal: deal.id, state: "ACTIVE" });
    } else if (what === 5 && deal?.state === "ACTIVE" && deal.rest >= amount) {
      deal.rest -= amount;
      this.of(deal.owner).escrow -= amount;
      // Payouts change without an event of their own: what counts is what the payment says.
      const payee = PAYOUTS[a % PAYOUTS.length]!;
      this.of(payee).deposit += amount;
      this.#emit({ name: "DealPaid", deal: deal.id, provider: deal.provider, payee, amount, periods: 1 });
    } else if (what === 6 && deal?.state === "ACTIVE") {
      deal.state = a % 2 === 0 ? "FAILED" : "COMPLETED";
      this.#emit({ name: "DealStateChanged", deal: deal.id, state: deal.state });
      const toReserve = deal.state === "FAILED";
      const own = this.of(deal.owner);
      own.escrow -= deal.rest;
      if (toReserve) {
        own.reserve += deal.rest;
        const [of, hash] = deal.slot.split("/");
        this.packages.get(`${of}/${hash}`)!.reserve += deal.rest;
      } else own.deposit += deal.rest;
      this.#emit({ name: "DealRefunded", deal: deal.id, amount: deal.rest, toReserve });
      deal.rest = 0n;
    } else if (what === 7 && found !== undefined && found.reserve > 0n) {
      holding.reserve -= found.reserve;
      holding.deposit += found.reserve;
      this.#emit({ name: "ReserveReleased", documentHash, owner, amount: found.reserve });
      found.reserve = 0n;
    }
  }
}

const steps = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 7 }), fc.nat(9), fc.nat(9), fc.bigInt({ min: 0n, max: 2n ** 70n })),
  { minLength: 30, maxLength: 120 },
);

describe("the statement", () => {
  it("comes to what the contract holds of every wallet, line by line and page by page, to the wei", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 9 }), async (all, limit) => {
        await database.pool.query(
          "truncate catalog.entries, catalog.deals, catalog.escrows, catalog.deal_figures, catalog.cursors, catalog.events",
        );
        const model = new Model();
        for (const index of [0, 1]) model.step([0, index, 0, 2n ** 72n]);
        for (const one of all) model.step(one);
        const registered = PROVIDERS.map((provider, index) => ({
          ...{
            name: "ProviderRegistered",
            provider,
            block: 1,
            logIndex: 1_000_000 + index,
            transaction: hex(1, 32),
            time: 1,
          },
        })) as LedgerEvent[];
        const head: FinalizedHead = { number: 99, hash: hex(1, 32), timestamp: 99, finalized: true };
        await projection.apply({ from: 1, next: 100, events: [...registered, ...model.events], head });
        const wallets = [...model.wallets.keys()];
        for (const { wallet, kinds: _, ...sums } of await totalEntries(database.pool, wallets)) {
          expect([wallet, sums]).toEqual([wallet, model.wallets.get(wallet)]);
          const lines: Entry[] = [];
          let after: string | undefined;
          do {
            const page = await pageEntries(database.pool, {
              wallets: [wallet],
              order: "asc",
              limit,
              ...(after === undefined ? {} : { after }),
            });
            lines.push(...page.rows);
            after = page.next ?? undefined;
          } while (after !== undefined);
          let balance = 0n;
          for (const line of lines) {
            balance += line.deposit;
            expect(line.balance).toBe(balance);
          }
          expect(balance).toBe(sums.deposit);
          const newestFirst = await pageEntries(database.pool, { wallets: [wallet] });
          expect(newestFirst.rows).toEqual(lines.toReversed());
        }
        const joined = await pageEntries(database.pool, { wallets });
        expect(joined.rows.length).toBe((await database.pool.query("select from catalog.entries")).rowCount);
      }),
      { numRuns: 40 },
    );
  });
});
