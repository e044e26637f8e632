import { addressOfKey, CairnError, type Hex } from "@cairn/protocol";
import { readTransaction } from "@cairn/protocol/sign-transaction";
import { decodeFunctionData, parseAbi } from "viem";
import { describe, expect, it } from "vitest";
import { coinSigner } from "./coin-signer.ts";
import { type CoinPorts, MOST_FEE, type OutgoingCall } from "./send-call.ts";
import { topUp } from "./top-up.ts";
import { transferCoins } from "./transfer-coins.ts";
import { withdraw } from "./withdraw.ts";

const KEY: Hex = `0x${"17".repeat(32)}`;
const DEPLOYMENT = { chainId: 7, deals: `0x${"dd".repeat(20)}` } as const;
const TO: Hex = `0x${"aa".repeat(20)}`;
const COIN = 10n ** 18n;
const ABI = parseAbi(["function deposit(address)", "function withdraw(uint256)"]);

/** A chain in memory: it makes a block when it is looked at twice; and a home, which outlives the process. */
function world() {
  const mined = new Map<Hex, { block: number; ok: boolean }>();
  const pool = new Map<Hex, Hex>();
  let [block, looks, reverts] = [100, 0, false];
  const home = new Map<string, OutgoingCall>();
  const steps: string[] = [];
  let dies: string | undefined;
  const step = (name: string) => {
    steps.push(name);
    if (dies === name) throw new Error("killed");
  };
  const signer = coinSigner(KEY);
  const nonceOf = (raw: Hex) => readTransaction(raw).envelope.nonce;
  const ports = (change: Partial<CoinPorts> = {}): CoinPorts => ({
    signer,
    chain: {
      async nonce() {
        if (++looks % 2 === 0) {
          for (const [hash, raw] of pool)
            if (nonceOf(raw) === mined.size) mined.set(hash, { block: ++block, ok: !reverts });
          for (const hash of mined.keys()) pool.delete(hash);
        }
        return { included: mined.size, next: mined.size + pool.size };
      },
      fees: async () => ({ chainId: 7, gas: 50_000n, maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 0n }),
      async send(_, raw) {
        step("before-send");
        const { keccak256 } = await import("viem");
        if (!mined.has(keccak256(raw))) pool.set(keccak256(raw), raw);
        step("after-send");
      },
      async outcome(_, hash) {
        return mined.get(hash);
      },
    },
    outgoing: {
      find: async () => home.get("one"),
      async keep(_, __, call) {
        step("before-keep");
        home.set("one", call);
        step("after-keep");
      },
      async forget() {
        step("before-forget");
        home.delete("one");
      },
    },
    // No time passes: the chain goes on with each look.
    clock: { sleep: async () => undefined },
    signal: new AbortController().signal,
    ...change,
  });
  return {
    ...{ ports, mined, pool, home, steps },
    dieAt: (name: string | undefined) => {
      dies = name;
    },
    revert: () => {
      reverts = true;
    },
  };
}

describe("an owner's move of coins", () => {
  it("is kept before it is sent, waits for a block, and calls what it says", async () => {
    const { ports, steps, home, pool } = world();
    const raws: Hex[] = [];
    const chain = ports().chain;
    const watched = {
      chain: {
        ...chain,
        send: (address: Hex, raw: Hex) => {
          raws.push(raw);
          return chain.send(address, raw);
        },
      },
    };
    const done = await topUp(ports(watched), DEPLOYMENT, { amount: 5n * COIN, wallet: TO });
    expect(done).toMatchObject({ block: 101, resumed: false });
    expect(steps).toEqual(["before-keep", "after-keep", "before-send", "after-send", "before-forget"]);
    await withdraw(ports(watched), DEPLOYMENT, { amount: 3n });
    await transferCoins(ports(watched), DEPLOYMENT, { amount: 4n, to: TO });
    const calls = raws.map((raw) => readTransaction(raw).call);
    expect(calls.map(({ to, value }) => [to, value])).toEqual([
      [DEPLOYMENT.deals, 5n * COIN],
      [DEPLOYMENT.deals, 0n],
      [TO, 4n],
    ]);
    const [deposited, withdrawn] = calls.map(({ data }) =>
      data === "0x" ? undefined : decodeFunctionData({ abi: ABI, data }),
    );
    expect(deposited?.functionName).toBe("deposit");
    expect(String(deposited?.args[0]).toLowerCase()).toBe(TO);
    expect(withdrawn).toEqual({ functionName: "withdraw", args: [3n] });
    expect([home.size, pool.size]).toEqual([0, 0]);
  });

  it.each(["before-keep", "after-keep", "before-send", "after-send", "before-forget"])(
    "that is killed at %s is done once when it is asked for again",
    async (instant) => {
      const { ports, dieAt, mined, home } = world();
      const move = () => topUp(ports(), DEPLOYMENT, { amount: COIN, wallet: addressOfKey(KEY) });
      dieAt(instant);
      await expect(move()).rejects.toThrow("killed");
      dieAt(undefined);
      expect(await move()).toMatchObject({ block: 101, resumed: instant !== "before-keep" });
      expect([mined.size, home.size]).toEqual([1, 0]);
    },
  );

  it("sees what was interrupted through before another is sent", async () => {
    const { ports, dieAt, mined } = world();
    dieAt("after-keep");
    await expect(topUp(ports(), DEPLOYMENT, { amount: COIN, wallet: TO })).rejects.toThrow("killed");
    dieAt(undefined);
    const earlier: string[] = [];
    await withdraw(ports({ onEarlier: ({ what }) => earlier.push(what) }), DEPLOYMENT, { amount: 1n });
    expect(earlier).toEqual([`deposit ${COIN} ${TO} ${DEPLOYMENT.deals}`]);
    expect(mined.size).toBe(2);
  });

  it("ends with what the chain says: reverted, refused, interrupted; and pays no fee beyond all reason", async () => {
    const reverted = world();
    reverted.revert();
    await expect(withdraw(reverted.ports(), DEPLOYMENT, { amount: 1n })).rejects.toMatchObject({ code: "reverted" });
    expect(reverted.home.size).toBe(0);

    const refused = world();
    const no = new CairnError("too few coins", { code: "insufficient-funds", kind: "exhausted", next: "Get some." });
    const chain = { ...refused.ports().chain, send: () => Promise.reject(no) };
    await expect(withdraw(refused.ports({ chain }), DEPLOYMENT, { amount: 1n })).rejects.toBe(no);
    expect(refused.home.size).toBe(0);

    const stopped = world();
    const signal = AbortSignal.abort();
    await expect(withdraw(stopped.ports({ signal }), DEPLOYMENT, { amount: 1n })).rejects.toMatchObject({
      code: "interrupted",
    });
    expect(await withdraw(stopped.ports(), DEPLOYMENT, { amount: 1n })).toMatchObject({ resumed: true });

    for (const [wrong, code] of [
      [{ chainId: 8 }, "wrong-chain"],
      [{ maxFeePerGas: MOST_FEE }, "fee-too-high"],
    ] as const) {
      const lying = world();
      const fees = async () => ({ ...(await lying.ports().chain.fees(TO, { data: "0x" })), ...wrong });
      const chain = { ...lying.ports().chain, fees };
      await expect(withdraw(lying.ports({ chain }), DEPLOYMENT, { amount: 1n })).rejects.toMatchObject({ code });
      expect(lying.steps).toEqual([]);
    }
  });
});
