// Whole, though long: its scenarios share one chain, whose clock they move, and run at once.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LedgerEvent, periodStart } from "@cairn/core";
import { addressOfKey, type DealId, type Hex, signTyped, type VerdictLeaf } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateKey } from "../../wallet/generate-key.ts";
import { openExplorer } from "../explorer.ts";
import { fileOutgoingStore } from "../file-outgoing-store.ts";
import { openLedger } from "../open-ledger.ts";
import { runIndexer } from "../run-indexer.ts";
import { FAST_PROFILE, type LedgerHarness, PRICE, type TestDeal, World } from "./world.ts";

const FAR = 2n ** 40n;
const EXECUTOR_FUNDS = 12_345n;

/** A chain whose clock can be put forward, which moves whatever else runs on it. */
export interface TravellingHarness extends LedgerHarness {
  travel(seconds: number): Promise<void>;
}

/** As `VOID_SECONDS` of StorageDeals. */
const VOID_SECONDS = 30 * 86_400;

function leaf(deal: DealId, period: number, change: Partial<VerdictLeaf>): VerdictLeaf {
  return { deal, period, fulfilled: 0, committed: 1, verdict: 0, faultA: 0, faultB: 0, ...change };
}

/**
 * The contract of the Ledger port over a chain that runs: whole lives of deals, with real signatures, proofs and time. The scenarios share the
 * chain and the executor's key, and run at once.
 */
export function ledgerSuite(name: string, start: () => Promise<TravellingHarness>): void {
  describe(`Ledger over ${name}`, { timeout: 180_000 }, () => {
    let harness: TravellingHarness;
    let world: World;
    beforeAll(async () => {
      harness = await start();
      world = await World.make(harness);
    }, 120_000);
    afterAll(async () => {
      await world?.close();
      await harness?.stop();
    });

    it.concurrent("can be looked through: blocks, decoded transactions, contracts", async () => {
      const s = await world.scenario(PRICE * 10n);
      const stored = s.package(1, { repairReserve: PRICE });
      const deal = s.quote(stored, 0, await s.provider());
      const proposed = await s.propose(stored, [deal], s.next());
      const explorer = openExplorer(world.ledger.rpc, world.ledger.deployment);
      const seen = await explorer.transaction(proposed.transaction);
      expect(seen).toMatchObject({ block: proposed.block, ok: true, contract: "StorageDeals", amount: 0n });
      expect(seen.method).toMatch(/^propose/);
      const argument = (name: RegExp) => seen.arguments.find((one) => name.test(one.name))?.value.toLowerCase();
      expect(argument(/\.provider$/)).toBe(deal.quote.provider.toLowerCase());
      expect(argument(/\.rawLength$/)).toBe(String(deal.quote.rawLength));
      const event = seen.events.find(({ name }) => name === "DealProposed");
      expect(event).toMatchObject({ contract: "StorageDeals" });
      expect(event?.arguments.find(({ name }) => name === "deal")?.value).toBe(deal.id);
      const block = await explorer.block(proposed.block);
      expect(block.calls).toContainEqual(
        expect.objectContaining({ transaction: proposed.transaction, contract: "StorageDeals", method: seen.method }),
      );
      const first = await explorer.blocks({ limit: 3 });
      expect(first.blocks.map(({ number }) => number)).toEqual([first.head, first.head - 1, first.head - 2]);
      const second = await explorer.blocks({ before: first.next!, limit: 2 });
      expect(second.blocks.map(({ number }) => number)).toEqual([first.head - 3, first.head - 4]);
      const contracts = await explorer.contracts();
      expect(contracts.map(({ name }) => name)).toEqual(["ProviderRegistry", "ProofLedger", "StorageDeals"]);
      expect(contracts.every(({ size }) => size > 1000)).toBe(true);
      expect(contracts[2]?.address).toBe(world.ledger.deployment.deals.toLowerCase());
      await expect(explorer.block(first.head + 1000)).rejects.toMatchObject({ code: "no-block" });
      await expect(explorer.transaction(`0x${"12".repeat(32)}`)).rejects.toMatchObject({ code: "no-transaction" });
      await expect(explorer.find(`0x${"12".repeat(32)}`)).rejects.toMatchObject({ code: "unknown-hash" });
      expect(await explorer.blocks({ before: 0, limit: 5 })).toMatchObject({ blocks: [], next: null });
    });

    it.concurrent("pays what was fulfilled and refunds the rest, from proposal to close", async () => {
      const s = await world.scenario(PRICE * 10n);
      const [p0, p1] = await Promise.all([s.provider(), s.provider()]);
      const stored = s.package(2, { repairReserve: PRICE });
      const deals = [s.quote(stored, 0, p0), s.quote(stored, 1, p1)] as [TestDeal, TestDeal];
      const [kept, missed] = deals;

      const proposal = s.next();
      const proposed = await s.propose(stored, deals, proposal);
      expect(await s.propose(stored, deals, proposal)).toEqual(proposed);
      expect(await s.balance()).toBe(PRICE * 5n);
      expect(await s.ledger.deal(kept.id)).toMatchObject({
        state: "PROPOSED",
        quote: kept.quote,
        escrow: PRICE * 2n,
        fromReserve: false,
        lastPeriod: 0,
      });
      expect(await s.ledger.package(s.packageRef(stored))).toMatchObject({
        owner: s.ownerAddress,
        shardsRoot: stored.mandate.shardsRoot,
        reserve: PRICE,
        escrowed: PRICE * 4n,
        liveDeals: 2,
      });

      const received = await s.receive(deals);
      await s.activate(deals, received.block);
      const record = await s.ledger.deal(kept.id);
      expect(record).toMatchObject({ state: "ACTIVE", receiptBlock: received.block });
      const last = record?.lastPeriod as number;
      const first = last - 1;

      await s.open(first);
      await s.open(last);
      const early = await s.vote(first, [
        leaf(kept.id, first, { fulfilled: 1 }),
        leaf(missed.id, first, { fulfilled: 1 }),
      ]);
      expect(await s.ledger.finalizedRoot(s.set, first)).toEqual({
        root: early.root,
        leafFileHash: `0x${"cd".repeat(32)}`,
        leaves: 2,
      });
      const claimed = leaf(kept.id, first, { fulfilled: 1 });
      await expect(s.ledger.claim(s.next(), [claimed], [early.path(0)])).rejects.toMatchObject({
        code: "reverted",
        details: { error: "InDispute" },
      });
      const final = [
        leaf(kept.id, last, { fulfilled: 2, committed: 2 }),
        leaf(missed.id, last, { fulfilled: 1, committed: 2, verdict: 1 }),
      ] as [VerdictLeaf, VerdictLeaf];
      const late = await s.vote(last, final);
      const { timestamp } = await s.ledger.latest();
      await s.after(timestamp + FAST_PROFILE.disputePeriods * FAST_PROFILE.periodSeconds);

      await s.ledger.claim(s.next(), [claimed], [early.path(0)]);
      expect(await s.ledger.balance(p0.payout)).toBe(PRICE);
      await Promise.all(final.map((line, index) => s.ledger.close(s.next(), line, late.path(index))));
      expect((await s.ledger.deal(kept.id))?.state).toBe("COMPLETED");
      expect(await s.ledger.balance(p0.payout)).toBe(PRICE * 2n);
      expect(await s.ledger.balance(p1.payout)).toBe(PRICE);
      await s.ledger.releaseReserve(s.next(), s.packageRef(stored));
      expect(await s.balance()).toBe(PRICE * 7n);
      expect(await s.ledger.newestFinal(s.set)).toBe(last);

      const told = await s.eventsOf(kept.id, stored.mandate.documentHash);
      expect(told.filter((event) => !("deal" in event) || event.deal === kept.id).map((event) => event.name)).toEqual([
        "PackageCreated",
        "DealProposed",
        "DealReceived",
        "DealStateChanged",
        "DealPaid",
        "WorkLogged",
        "DealPaid",
        "WorkLogged",
        "DealRefunded",
        "DealStateChanged",
        "ReserveReleased",
      ]);
      expect(told[1]).toMatchObject({
        name: "DealProposed",
        piece: 0,
        shard: 0,
        escrow: PRICE * 2n,
        owner: s.ownerAddress,
        rawLength: kept.quote.rawLength,
        duty: kept.quote.duty,
        block: proposed.block,
        transaction: proposed.transaction,
      });
    });

    it.concurrent("fails a faulty deal and repairs it from what is left", async () => {
      const s = await world.scenario(PRICE * 10n);
      const [p0, p1] = await Promise.all([s.provider(), s.provider()]);
      const stored = s.package(1);
      const deal = s.quote(stored, 0, p0);
      const period = (await s.start(stored, [deal])) + 1;
      await s.open(period);
      const fault = leaf(deal.id, period, { verdict: 2, faultA: period, faultB: period });
      const tree = await s.vote(period, [fault]);
      await s.ledger.fail(s.next(), fault, tree.path(0));
      expect((await s.ledger.deal(deal.id))?.state).toBe("FAILED");
      expect(await s.ledger.packageReserve(s.packageRef(stored))).toBe(PRICE * 2n);

      const repair = s.quote(stored, 0, p1, { pricePerPeriod: PRICE / 2n });
      await s.propose(stored, [repair]);
      expect(await s.ledger.deal(repair.id)).toMatchObject({ state: "PROPOSED", escrow: PRICE, fromReserve: true });
      expect(await s.ledger.packageReserve(s.packageRef(stored))).toBe(PRICE);
      expect(await s.balance()).toBe(PRICE * 8n);
      const refunds = (await s.eventsOf(deal.id)).filter(({ name }) => name === "DealRefunded");
      expect(refunds).toMatchObject([{ amount: PRICE * 2n, toReserve: true }]);
    });

    it.concurrent("refunds proposals that are taken back or run out, but for the space kept free", async () => {
      const s = await world.scenario(PRICE * 6n);
      const [p0, p1] = await Promise.all([s.provider(), s.provider()]);
      const stored = s.package(2);
      const [back, out] = [s.quote(stored, 0, p0, { periods: 3 }), s.quote(stored, 1, p1, { periods: 3 })];
      await s.propose(stored, [back, out]);
      expect(await s.balance()).toBe(0n);
      await s.ledger.cancel(s.next(), [back.id]);
      expect((await s.ledger.deal(back.id))?.state).toBe("CANCELLED");
      const charged = await s.ledger.balance(p0.payout);
      expect(charged / PRICE).toBeGreaterThanOrEqual(1n);
      expect((await s.balance()) + charged).toBe(PRICE * 3n);
      await s.after((await s.ledger.deal(out.id))?.deadline as number);
      await s.ledger.expire(s.next(), [out.id]);
      expect((await s.ledger.deal(out.id))?.state).toBe("EXPIRED");
      // 24 s of proposal fall in three periods.
      expect(await s.ledger.balance(p1.payout)).toBe(PRICE * 3n);
      expect((await s.balance()) + charged).toBe(PRICE * 3n);
    });

    it.concurrent("refuses a quote above the owner's ceiling and one that outlasts the term", async () => {
      const s = await world.scenario(PRICE * 100n);
      const provider = await s.provider();
      const cheap = s.package(1, { maxPrice: 1n });
      const refusal = (error: string) => ({ code: "reverted", details: { error } });
      const dear = s.propose(cheap, [s.quote(cheap, 0, provider)]);
      await expect(dear).rejects.toMatchObject(refusal("AboveCeiling"));
      const { timestamp } = await s.ledger.latest();
      const short = s.package(1, { end: BigInt(timestamp + 40) });
      const long = s.propose(short, [s.quote(short, 0, provider, { periods: 11 })]);
      await expect(long).rejects.toMatchObject(refusal("TooLong"));
    });

    it.concurrent("ends a package at its owner's word, with a period's notice", async () => {
      const s = await world.scenario(PRICE * 200n);
      const [p0, p1] = await Promise.all([s.provider(), s.provider()]);
      const stored = s.package(2);
      const { documentHash } = stored.mandate;
      const [running, waiting] = [s.quote(stored, 0, p0, { periods: 90 }), s.quote(stored, 1, p1)];
      await s.start(stored, [running]);
      await s.propose(stored, [waiting]);
      const termination = { documentHash, expiry: FAR };
      await s.ledger.terminate(s.next(), termination, signTyped("Termination", termination, s.deployment, s.owner));
      const last = (await s.ledger.package(s.packageRef(stored)))?.lastPeriod as number;
      expect(await s.eventsOf(documentHash)).toContainEqual(
        expect.objectContaining({ name: "PackageTerminated", documentHash, lastPeriod: last }),
      );
      expect((await s.ledger.deal(running.id))?.lastPeriod).toBe(last);
      await s.ledger.cancel(s.next(), [waiting.id]);
      await s.open(last);
      const line = leaf(running.id, last, { fulfilled: 1, committed: 1 });
      const tree = await s.vote(last, [line]);
      const { timestamp } = await s.ledger.latest();
      await s.after(timestamp + FAST_PROFILE.disputePeriods * FAST_PROFILE.periodSeconds);
      await s.ledger.close(s.next(), line, tree.path(0));
      // The period of notice, and those in which the other proposal kept its space.
      const kept = (await s.ledger.deal(waiting.id))?.paidPeriods ?? 0;
      expect(kept).toBeGreaterThanOrEqual(1);
      expect(await s.balance()).toBe(PRICE * BigInt(200 - 1 - kept));
      expect((await s.ledger.package(s.packageRef(stored)))?.liveDeals).toBe(0);
    });

    it.concurrent("takes a proof on chain over any vote, and no wrong one", async () => {
      const s = await world.scenario(PRICE * 10n);
      const provider = await s.provider();
      const stored = s.package(1);
      const deal = s.quote(stored, 0, provider);
      const period = (await s.start(stored, [deal])) + 1;
      const seed = await s.open(period);
      const wrong = { ...deal, shard: { ...deal.shard, bytes: Buffer.alloc(deal.shard.rawLength, 7) } };
      await expect(s.prove(wrong, period, seed)).rejects.toMatchObject({ details: { error: "WrongProof" } });
      expect(await s.ledger.isProven(deal.id, period)).toBe(false);
      await s.prove(deal, period, seed);
      expect(await s.ledger.isProven(deal.id, period)).toBe(true);
      expect((await s.ledger.deal(deal.id))?.provenCount).toBe(1);
      const fault = leaf(deal.id, period, { verdict: 2, faultA: period, faultB: period });
      const tree = await s.vote(period, [fault]);
      await expect(s.ledger.fail(s.next(), fault, tree.path(0))).rejects.toMatchObject({
        code: "reverted",
        message: expect.stringContaining("proved on the chain"),
        details: { error: "ProvenOnChain" },
      });
      expect(await s.eventsOf(deal.id)).toContainEqual(expect.objectContaining({ name: "PossessionProven", period }));
    });

    it.concurrent("finds what a dead process sent, and pays once", async () => {
      const directory = await mkdtemp(join(tmpdir(), "cairn-crash-"));
      const key = generateKey();
      const me = addressOfKey(key);
      await world.giveCoins(me);
      const { deployment } = world.ledger;
      const open = () =>
        openLedger({ url: harness.url, deployment, key, store: fileOutgoingStore(directory), pollMilliseconds: 100 });
      const store = fileOutgoingStore(directory);
      const account = { chainId: deployment.chainId, sender: me };

      const first = await open();
      const lost = first.deposit({ id: "deposit" }, me, EXECUTOR_FUNDS);
      const dead = expect(lost).rejects.toMatchObject({ code: "stopping" });
      while ((await store.pending(account)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await first.stop();
      await dead;

      const second = await open();
      const result = await second.deposit({ id: "deposit" }, me, EXECUTOR_FUNDS);
      expect(result.ok).toBe(true);
      expect(await second.balance(me)).toBe(EXECUTOR_FUNDS);
      expect(await second.deposit({ id: "deposit" }, me, EXECUTOR_FUNDS)).toEqual(result);

      const both = await Promise.allSettled([
        second.withdraw({ id: "a" }, EXECUTOR_FUNDS),
        second.withdraw({ id: "b" }, EXECUTOR_FUNDS),
      ]);
      const paid = both.filter((one) => one.status === "fulfilled" && one.value.ok);
      expect(paid).toHaveLength(1);
      expect(await second.balance(me)).toBe(0n);
      await expect(second.withdraw({ id: "c" }, EXECUTOR_FUNDS)).rejects.toMatchObject({
        code: "insufficient-funds",
        details: { account: me, need: String(EXECUTOR_FUNDS), have: "0" },
      });
      await second.stop();
      await rm(directory, { recursive: true });
    });

    it.concurrent("tells new blocks over a WebSocket, and an indexer of every event once", async () => {
      const s = await world.scenario(7n);
      const { deployment } = s;
      const reader = await openLedger({ url: harness.url.replace(/^http/, "ws"), deployment });
      const finished = new AbortController();
      const seen: LedgerEvent[] = [];
      let cursor = deployment.deployedAt;
      const running = runIndexer({
        ledger: reader,
        signal: finished.signal,
        pollMilliseconds: 60_000,
        target: {
          cursor: async () => cursor,
          async apply({ from, next, events, head }) {
            expect(from).toBe(cursor);
            expect(next).toBe(head.number + 1);
            seen.push(...events);
            cursor = next;
            if (seen.some((event) => event.name === "ProviderRetired" && event.provider === provider.address)) {
              finished.abort();
            }
          },
        },
      });
      const provider = await s.provider();
      const signature = signTyped("Retirement", { nonce: 1n, deadline: FAR }, deployment, provider.cold);
      await s.ledger.retire(s.next(), 1n, FAR, signature);
      await running;
      const mine = seen.filter((event) => "provider" in event && event.provider === provider.address);
      expect(mine.map((event) => event.name)).toEqual(["ProviderRegistered", "ProviderRetired"]);
      const places = seen.map(({ transaction, logIndex }) => `${transaction} ${logIndex}`);
      expect(new Set(places).size).toBe(places.length);
      await reader.stop();
    });

    it.concurrent("reads what is there, and says what is not", async () => {
      const s = await world.scenario(1n);
      const nothing: Hex = `0x${"00".repeat(31)}01`;
      const nobody = addressOfKey(generateKey());
      expect(await s.ledger.deal(nothing)).toBeUndefined();
      expect(await s.ledger.package({ owner: s.ownerAddress, documentHash: nothing })).toBeUndefined();
      expect(await s.ledger.provider(nobody)).toBeUndefined();
      expect(await s.ledger.seed(2 ** 40)).toBeUndefined();
      expect(await s.ledger.finalizedRoot(nothing, 1)).toBeUndefined();
      expect(await s.ledger.verifierSet(nothing)).toBeUndefined();
      expect(await s.ledger.verifierSet(s.set)).toEqual({ verifiers: s.members, quorum: 2 });
      expect(await s.ledger.packageReserve({ owner: s.ownerAddress, documentHash: nothing })).toBe(0n);
      expect(await s.ledger.balance(s.ownerAddress)).toBe(1n);
      expect(await s.ledger.gasBalance(nobody)).toBe(0n);
      const head = await s.ledger.finalized();
      expect(await s.ledger.blockHash(head.number)).toBe(head.hash);
      await expect(s.ledger.blockHash(2 ** 40)).rejects.toMatchObject({ code: "no-block" });
      expect(await s.ledger.events(head.number + 100_000)).toMatchObject({ events: [], next: head.number + 100_000 });
      const provider = await s.provider();
      expect(await s.ledger.provider(provider.address)).toMatchObject({
        hot: addressOfKey(provider.hot),
        payout: provider.payout,
        region: "eu-west",
        active: true,
      });
      const retirement = { nonce: 1n, deadline: FAR };
      const signature = signTyped("Retirement", retirement, s.deployment, provider.cold);
      await s.ledger.retire(s.next(), retirement.nonce, retirement.deadline, signature);
      expect((await s.ledger.provider(provider.address))?.active).toBe(false);
      const reader = await openLedger({ url: harness.url, deployment: { deals: s.deployment.deals } });
      expect(reader.deployment).toEqual(s.deployment);
      await expect(reader.openPeriod({ id: "x" })).rejects.toMatchObject({ code: "no-key" });
      await reader.stop();
    });

    it.concurrent("refuses to open what does not fit together", async () => {
      const { deployment } = world.ledger;
      await expect(openLedger({ url: "ftp://x", deployment })).rejects.toMatchObject({ code: "bad-settings" });
      await expect(openLedger({ url: "http://127.0.0.1:9", deployment, retries: 0 })).rejects.toMatchObject({
        code: "chain-unreachable",
      });
      await expect(openLedger({ url: harness.url, deployment: { ...deployment, chainId: 5 } })).rejects.toMatchObject({
        code: "wrong-chain",
      });
      await expect(
        openLedger({ url: harness.url, deployment: { deals: addressOfKey(generateKey()) } }),
      ).rejects.toMatchObject({ code: "no-contract" });
    });

    // Not concurrent, and last: a month goes by for everybody on this chain.
    it("holds the pay of deals that nobody closed for 30 days until a leaf is shown", async () => {
      const s = await world.scenario(PRICE * 10n);
      const [p0, p1] = await Promise.all([s.provider(), s.provider()]);
      const stored = s.package(2);
      const [claimed, closed] = [0, 1].map((shard) =>
        s.quote(stored, shard, shard === 0 ? p0 : p1, { periods: 1 }),
      ) as [TestDeal, TestDeal];
      await s.start(stored, [claimed, closed]);
      const last = (await s.ledger.deal(claimed.id))?.lastPeriod as number;
      await s.open(last);
      const leaves = [leaf(claimed.id, last, { fulfilled: 1 }), leaf(closed.id, last, { verdict: 1 })] as const;
      const tree = await s.vote(last, [...leaves]);
      const paths = [tree.path(0), tree.path(1)] as const;
      await expect(s.ledger.closeVoid(s.next(), claimed.id)).rejects.toMatchObject({ details: { error: "NotOver" } });

      await harness.travel(VOID_SECONDS);
      await s.after(periodStart(last + 1, s.deployment) + VOID_SECONDS);
      for (const { id } of [claimed, closed]) {
        await s.ledger.closeVoid(s.next(), id);
        expect(await s.ledger.deal(id)).toMatchObject({ state: "COMPLETED", paidPeriods: 0, heldPeriods: 1 });
        expect(await s.ledger.liveDealAt(s.packageRef(stored), 0, id === claimed.id ? 0 : 1)).toBeUndefined();
      }
      expect([await s.balance(), await s.ledger.balance(p0.payout)]).toEqual([PRICE * 8n, 0n]);

      await s.ledger.claim(s.next(), [leaves[0]], [paths[0]]);
      expect(await s.ledger.balance(p0.payout)).toBe(PRICE);
      expect(await s.ledger.deal(claimed.id)).toMatchObject({ state: "COMPLETED", paidPeriods: 1, heldPeriods: 0 });
      // The leaf of the other shows that nothing was fulfilled: what was held goes back.
      await s.ledger.close(s.next(), leaves[1], paths[1]);
      expect([await s.balance(), await s.ledger.balance(p1.payout)]).toEqual([PRICE * 9n, 0n]);
      expect((await s.ledger.deal(closed.id))?.heldPeriods).toBe(0);
      for (const [i, line] of leaves.entries()) {
        const again = s.ledger.close(s.next(), line, paths[i] as Hex[]);
        await expect(again).rejects.toMatchObject({ details: { error: "WrongState" } });
      }
      expect(await s.eventsOf(claimed.id, closed.id)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: "DealPaid", deal: claimed.id, amount: PRICE }),
          expect.objectContaining({ name: "DealRefunded", deal: closed.id, amount: PRICE, toReserve: false }),
        ]),
      );
    });
  });
}
