import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerEvent } from "@cairn/core";
import { addressOfKey } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateKey } from "../wallet/generate-key.ts";
import { deployContracts } from "./deploy-contracts.ts";
import { fileOutgoingStore } from "./file-outgoing-store.ts";
import { type EvmLedger, openLedger } from "./open-ledger.ts";
import { runIndexer } from "./run-indexer.ts";
import { ANVIL_KEY, type Anvil, startAnvil } from "./testing/anvil.ts";
import { FEVM_LIMITS, type FevmProxy, startFevmProxy } from "./testing/fevm-proxy.ts";
import { FAST_PROFILE } from "./testing/world.ts";

const DEPOSITS = 60;

describe("Ledger over a node with Filecoin's limits", () => {
  let anvil: Anvil;
  let proxy: FevmProxy;
  let directory: string;
  let ledger: EvmLedger;

  beforeAll(async () => {
    anvil = await startAnvil({ chainId: 31_415_926, blockSeconds: 0.2, args: ["--gas-limit", "10000000000"] });
    proxy = await startFevmProxy(anvil.url);
    directory = await mkdtemp(join(tmpdir(), "cairn-fevm-"));
    const settings = {
      url: proxy.url,
      key: ANVIL_KEY,
      store: fileOutgoingStore(directory),
      finality: { kind: "depth", blocks: 4 } as const,
      pollMilliseconds: 60,
    };
    const deployment = await deployContracts({ ...settings, profile: FAST_PROFILE });
    ledger = await openLedger({ ...settings, deployment });
  });
  afterAll(async () => {
    await ledger.stop();
    await proxy.stop();
    await anvil.stop();
    await rm(directory, { recursive: true });
  });

  it("finds every event beyond null rounds and within the node's caps", async () => {
    const owners = Array.from({ length: DEPOSITS }, () => addressOfKey(generateKey()));
    const results = await Promise.all(owners.map((owner, i) => ledger.deposit({ id: `d${i}` }, owner, BigInt(i + 1))));
    const latest = Math.max(...results.map(({ block }) => block));
    expect(latest).toBeGreaterThan(FEVM_LIMITS.range);

    const seen: LedgerEvent[] = [];
    const finished = new AbortController();
    let next = ledger.deployment.deployedAt;
    const troubles: string[] = [];
    await runIndexer({
      ledger,
      signal: finished.signal,
      pollMilliseconds: 50,
      onTrouble: (error) => troubles.push(error.message),
      target: {
        cursor: async () => next,
        async apply(batch) {
          seen.push(...batch.events);
          next = batch.next;
          if (next > latest) finished.abort();
        },
      },
    });
    expect(troubles).toEqual([]);
    const deposits = seen.filter((event) => event.name === "Deposited");
    expect(deposits.map(({ account }) => account).sort()).toEqual([...owners].sort());
    const places = seen.map(({ block, logIndex }) => block * 100_000 + logIndex);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    const byBlock = new Map(results.map(({ block, transaction }) => [transaction, block]));
    for (const { transaction, block, time } of deposits) {
      expect(block).toBe(byBlock.get(transaction));
      expect((await ledger.heads.block(block))?.timestamp).toBe(time);
    }
  });

  it("decodes refusals that are told in words", async () => {
    await expect(ledger.expire({ id: "none" }, [`0x${"12".repeat(32)}`])).rejects.toMatchObject({
      code: "reverted",
      details: { error: "WrongState" },
    });
    await expect(ledger.withdraw({ id: "much" }, 5n)).rejects.toMatchObject({ code: "insufficient-funds" });
  });

  it("knows that a round was empty, and takes the final head before it", async () => {
    await expect(ledger.blockHash(11)).rejects.toMatchObject({ code: "no-block" });
    expect(await ledger.heads.block(11)).toBeUndefined();
    expect(await ledger.heads.block(10)).toMatchObject({ number: 10 });
    for (let i = 0; i < 12; i++) {
      const [head, final] = [await ledger.latest(), await ledger.finalized()];
      expect(final.number).toBeLessThan(head.number);
      expect(final.number % 6).not.toBe(5);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
});
