import type { Address } from "@cairn/protocol";
import { createTxFromRLP } from "@ethereumjs/tx";
import { hexToBytes } from "@ethereumjs/util";
import fc from "fast-check";
import { type Hex, parseTransaction } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { makeCommon } from "./common.ts";
import { RpcError } from "./rpc-error.ts";
import { testRules } from "./testing/open-test-node.ts";
import { type AccountView, POOL_LIMITS, type PoolLimits, type Priority, TransactionPool } from "./transaction-pool.ts";

const GWEI = 1_000_000_000n;
const rules = testRules();
const common = makeCommon(rules.chainId);
const people = [1, 2, 3].map((n) => privateKeyToAccount(`0x${String(n).repeat(64)}`));
const [ann, bob] = people as [(typeof people)[number], (typeof people)[number]];
const PROOFS: Address = `0x${"f0".repeat(20)}`;
const NO_PRIORITY: Priority = { addresses: new Set(), share: 0 };

interface Wanted {
  nonce: number;
  fee?: bigint;
  tip?: bigint;
  gas?: bigint;
  value?: bigint;
  to?: Address;
  chainId?: number;
}

async function sign(from: typeof ann, wanted: Wanted): Promise<Uint8Array> {
  return hexToBytes(
    await from.signTransaction({
      type: "eip1559",
      chainId: wanted.chainId ?? rules.chainId,
      nonce: wanted.nonce,
      to: wanted.to ?? bob.address,
      value: wanted.value ?? 0n,
      gas: wanted.gas ?? 21_000n,
      maxFeePerGas: wanted.fee ?? 2n * GWEI,
      maxPriorityFeePerGas: wanted.tip ?? 0n,
    }),
  );
}

function makePool(limits: Partial<PoolLimits> = {}, priority = NO_PRIORITY) {
  const accounts = new Map<Address, AccountView>();
  const accountOf = (address: Address) =>
    Promise.resolve(accounts.get(address) ?? { nonce: 0n, balance: 10n ** 18n, isContract: false });
  const pool = new TransactionPool(rules, common, { ...POOL_LIMITS, ...limits }, priority, accountOf);
  /** Takes what is executable, in the pool's order, as a block would. */
  const drain = (gas = rules.blockGas, priorityGas = gas) => {
    const taken: [string, number][] = [];
    for (let entry = pool.next(gas, priorityGas); entry !== undefined; entry = pool.next(gas, priorityGas)) {
      pool.executed(entry);
      taken.push([entry.sender, Number(entry.transaction.nonce)]);
    }
    return taken;
  };
  return { pool, accounts, drain };
}

async function refusal(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RpcError)) throw new Error(`no refusal: ${String(error)}`);
  return error.message;
}

describe("TransactionPool", () => {
  it("hands transactions out in nonce order, senders in turn", async () => {
    const { pool, drain } = makePool();
    for (const nonce of [2, 0, 1]) await pool.add(await sign(ann, { nonce }));
    await pool.add(await sign(bob, { nonce: 0 }));
    const order = drain();
    expect(order.filter(([who]) => who === ann.address.toLowerCase()).map(([, nonce]) => nonce)).toEqual([0, 1, 2]);
    expect(order.findIndex(([who]) => who === bob.address.toLowerCase())).toBeLessThan(3);
    expect(pool.size).toBe(4);
  });

  it("holds a gap back until it is filled, and forgets it in time", async () => {
    const { pool, drain } = makePool({ gapSeconds: 60 });
    await pool.add(await sign(ann, { nonce: 1 }), 1_000);
    expect(drain()).toEqual([]);
    expect(pool.nextNonce(ann.address.toLowerCase() as Address, 0n)).toBe(0n);
    pool.settle([], 60_000);
    expect(pool.size).toBe(1);
    await pool.add(await sign(ann, { nonce: 0 }));
    expect(pool.nextNonce(ann.address.toLowerCase() as Address, 0n)).toBe(2n);
    expect(drain()).toHaveLength(2);
    await pool.add(await sign(bob, { nonce: 5 }), 1_000);
    pool.settle([], 61_001);
    expect(pool.size).toBe(2);
  });

  it("replaces for a tenth more and for nothing less", async () => {
    const { pool, drain } = makePool();
    await pool.add(await sign(ann, { nonce: 0, fee: 10n * GWEI, tip: GWEI }));
    const offer = async (fee: bigint, tip: bigint) => pool.add(await sign(ann, { nonce: 0, fee, tip }));
    expect(await refusal(offer(20n * GWEI, GWEI))).toMatch(/underpriced/);
    expect(await refusal(offer(10n * GWEI, 2n * GWEI))).toMatch(/underpriced/);
    const hash = await offer(11n * GWEI, (11n * GWEI) / 10n);
    expect(pool.size).toBe(1);
    expect(pool.find(hash)).toBeDefined();
    expect(drain()).toHaveLength(1);
    expect(await refusal(offer(100n * GWEI, 100n * GWEI))).toMatch(/already in the open block/);
  });

  it("refuses what can never be executed, in words that wallets know", async () => {
    const { pool, accounts } = makePool();
    accounts.set(ann.address.toLowerCase() as Address, { nonce: 3n, balance: 10n ** 18n, isContract: false });
    const refused = async (wanted: Wanted) => refusal(pool.add(await sign(ann, wanted)));
    expect(await refused({ nonce: 2 })).toMatch(/^nonce too low/);
    expect(await refused({ nonce: 3, value: 10n ** 18n })).toMatch(/^insufficient funds for gas \* price \+ value/);
    expect(await refused({ nonce: 3, fee: GWEI - 1n })).toMatch(/less than block base fee/);
    expect(await refused({ nonce: 3, gas: 20_999n })).toMatch(/^intrinsic gas too low/);
    expect(await refused({ nonce: 3, gas: rules.blockGas + 1n })).toMatch(/^exceeds block gas limit/);
    expect(await refused({ nonce: 3, chainId: 1 })).toMatch(/^invalid chain id/);
    const raw = await sign(ann, { nonce: 3 });
    await pool.add(raw);
    expect(await refusal(pool.add(raw))).toBe("already known");
    accounts.set(bob.address.toLowerCase() as Address, { nonce: 0n, balance: 10n ** 18n, isContract: true });
    expect(await refusal(pool.add(await sign(bob, { nonce: 0 })))).toMatch(/not an eoa/);
  });

  it("counts what a sender's waiting transactions cost together", async () => {
    const { pool, accounts } = makePool();
    accounts.set(ann.address.toLowerCase() as Address, { nonce: 0n, balance: 100_000n * GWEI, isContract: false });
    await pool.add(await sign(ann, { nonce: 0 }));
    await pool.add(await sign(ann, { nonce: 1 }));
    expect(await refusal(pool.add(await sign(ann, { nonce: 2 })))).toMatch(/transactions waiting cost 126000/);
  });

  it("accepts only replay-protected legacy transactions, and no blobs", async () => {
    const { pool } = makePool();
    const legacy = { type: "legacy" as const, nonce: 0, to: bob.address, gas: 21_000n, gasPrice: 2n * GWEI };
    expect(await refusal(pool.add(hexToBytes(await ann.signTransaction(legacy))))).toMatch(/replay-protected/);
    await pool.add(hexToBytes(await ann.signTransaction({ ...legacy, chainId: rules.chainId })));
    expect(await refusal(pool.add(Uint8Array.of(3, 0xc0)))).toMatch(/type not supported/);
  });

  it("is full at its limits, which priority transactions may pass", async () => {
    const { pool } = makePool(
      { total: 4, perSender: 3, gapsPerSender: 2 },
      { addresses: new Set([PROOFS]), share: 0.25 },
    );
    for (let nonce = 0; nonce < 3; nonce++) await pool.add(await sign(ann, { nonce }));
    expect(await refusal(pool.add(await sign(ann, { nonce: 3 })))).toMatch(/^queue full/);
    expect(await refusal(pool.add(await sign(bob, { nonce: 0 })))).toMatch(/^queue full/);
    await pool.add(await sign(bob, { nonce: 0, to: PROOFS, gas: 30_000n }));
    expect(await refusal(pool.add(await sign(bob, { nonce: 1, to: PROOFS })))).toMatch(/^queue full/);
  });

  it("gives up a gapped transaction for one that can be executed, and bounds gaps", async () => {
    const { pool } = makePool({ total: 3, gapsPerSender: 2 });
    for (const nonce of [5, 6]) await pool.add(await sign(ann, { nonce }));
    expect(await refusal(pool.add(await sign(ann, { nonce: 7 })))).toMatch(/^nonce too high/);
    await pool.add(await sign(bob, { nonce: 0 }));
    await pool.add(await sign(bob, { nonce: 1 }));
    expect(pool.size).toBe(3);
  });

  it("keeps a share of block gas for priority destinations", async () => {
    const { pool } = makePool({}, { addresses: new Set([PROOFS]), share: 0.5 });
    await pool.add(await sign(ann, { nonce: 0, gas: 100_000n }));
    expect(pool.next(50_000n, 100_000n)).toBeUndefined();
    await pool.add(await sign(bob, { nonce: 0, gas: 100_000n, to: PROOFS }));
    expect(pool.next(50_000n, 100_000n)?.sender).toBe(bob.address.toLowerCase());
  });

  it("returns to the line what a given-up block held", async () => {
    const { pool, drain } = makePool();
    for (const nonce of [0, 1, 2]) await pool.add(await sign(ann, { nonce }));
    expect(drain()).toHaveLength(3);
    pool.reset();
    expect(drain()).toHaveLength(3);
  });

  it("survives any bytes", async () => {
    const { pool } = makePool();
    const raw = await sign(ann, { nonce: 0 });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.tuple(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
            const changed = Uint8Array.from(raw);
            changed[at]! ^= flip;
            return changed;
          }),
        ),
        async (bytes) => {
          const outcome = await pool.add(bytes).catch((error: unknown) => error);
          if (typeof outcome !== "string") expect(outcome).toBeInstanceOf(RpcError);
        },
      ),
      { numRuns: 500 },
    );
    expect(await refusal(pool.add(new Uint8Array(200_000)))).toMatch(/^oversized/);
  });

  it("keeps its books whatever comes: order, sizes, end of each sender", async () => {
    const signedBy = await Promise.all(
      people.map((who) =>
        Promise.all(
          [0, 1, 2, 3, 4, 5].flatMap((nonce) => [2n, 3n].map((fee) => sign(who, { nonce, fee: fee * GWEI }))),
        ),
      ),
    );
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("add" as const), who: fc.nat(2), which: fc.nat(11) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("execute" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("settle" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("reset" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const { pool, accounts } = makePool();
        const nonces = new Map<Address, bigint>();
        const open = new Map<Address, bigint>();
        let inBlock: Hex[] = [];
        for (const one of actions) {
          if (one.do === "add") await pool.add(signedBy[one.who]![one.which]!).catch(() => undefined);
          const next = pool.next(rules.blockGas, rules.blockGas);
          if (one.do === "drop" && next !== undefined) pool.drop(next);
          if (one.do === "execute" && next !== undefined) {
            expect(next.transaction.nonce).toBe(open.get(next.sender) ?? nonces.get(next.sender) ?? 0n);
            open.set(next.sender, next.transaction.nonce + 1n);
            inBlock.push(next.hash);
            pool.executed(next);
          }
          if (one.do === "settle") {
            const block = inBlock.map((hash) => pool.find(hash)!.transaction);
            for (const [who, nonce] of open) {
              nonces.set(who, nonce);
              accounts.set(who, { nonce, balance: 10n ** 18n, isContract: false });
            }
            pool.settle(block);
            for (const hash of inBlock) expect(pool.find(hash)).toBeUndefined();
          }
          if (one.do === "reset") pool.reset();
          if (one.do === "settle" || one.do === "reset") {
            inBlock = [];
            open.clear();
          }
        }
        for (
          let entry = pool.next(rules.blockGas, rules.blockGas);
          entry !== undefined;
          entry = pool.next(rules.blockGas, rules.blockGas)
        ) {
          pool.drop(entry);
        }
        if (pool.size === 0) expect(pool.bytes).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a signed transaction", () => {
  it("reads the same in viem and in the node", async () => {
    const raw = await sign(ann, { nonce: 7, value: 5n });
    const ours = createTxFromRLP(raw, { common });
    const theirs = parseTransaction(`0x${Buffer.from(raw).toString("hex")}`);
    expect([ours.nonce, ours.value, ours.gasLimit]).toEqual([BigInt(theirs.nonce ?? 0), theirs.value, theirs.gas]);
  });
});
