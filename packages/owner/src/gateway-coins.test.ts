import type { FeesJson, TransferJson } from "@cairn/client";
import { addressOfKey, type Hex } from "@cairn/protocol";
import { readTransaction } from "@cairn/protocol/sign-transaction";
import { keccak256 } from "viem";
import { expect, it } from "vitest";
import { coinSigner } from "./coin-signer.ts";
import { gatewayCoins } from "./gateway-coins.ts";
import { type OutgoingCall, quoteFee } from "./send-call.ts";
import { topUp, topUpCall } from "./top-up.ts";

const KEY: Hex = `0x${"17".repeat(32)}`;
const ADDRESS = addressOfKey(KEY);
const DEPLOYMENT = { chainId: 7, deals: `0x${"dd".repeat(20)}` } as const;
const COIN = 10n ** 18n;
const FEES: FeesJson = {
  ...{ chainId: 7, baseFee: "1000000000", maxFeePerGas: "2000000000", maxPriorityFeePerGas: "0", gas: "50000" },
};

/** A gateway in memory: the chain has a transaction at once, its own list shows that at the fourth look. */
function gateway(change: { fees?: Partial<FeesJson>; end?: TransferJson["state"] } = {}) {
  const asked: unknown[] = [];
  const sent: Hex[] = [];
  let looks = 0;
  const coins = {
    nonce: async () => ({ next: 4 + sent.length, included: 4 + sent.length }),
    async fees(address: string, of: object = {}) {
      asked.push({ address, ...of });
      return { ...FEES, ...change.fees };
    },
    async send(_: string, raw: string) {
      sent.push(raw as Hex);
      return { transaction: keccak256(raw as Hex) };
    },
    async transfers() {
      looks += 1;
      return sent.flatMap((raw) => {
        const mined = looks > 3;
        const state = mined ? (change.end ?? "included") : "pending";
        const of = {
          wallet: ADDRESS,
          transaction: keccak256(raw),
          amount: "1",
          needed: 5,
          reorganisations: 0,
          link: null,
        };
        const when = { block: mined ? 77 : null, confirmations: mined ? 1 : 0, firstSeenAt: 1, changedAt: 1 };
        // Of a payment to oneself the incoming side may be told of first, and as of a later block.
        const incoming = { ...of, ...when, direction: "in", from: ADDRESS, to: ADDRESS, state, block: 99 } as const;
        return [incoming, { ...of, ...when, direction: "out", from: ADDRESS, to: ADDRESS, state } as const];
      });
    },
  };
  const kept: OutgoingCall[] = [];
  const ports = {
    signer: coinSigner(KEY),
    chain: gatewayCoins({ coins: coins as never }),
    outgoing: {
      find: async () => kept.at(-1),
      async keep(_: number, __: string, call: OutgoingCall) {
        kept.push(call);
      },
      async forget() {
        kept.length = 0;
      },
    },
    clock: { sleep: async () => undefined },
    signal: new AbortController().signal,
  };
  return { ports, asked, sent, kept };
}

it("moves coins by what a gateway answers alone: its fees, nonce, and what became of the transaction that went out", async () => {
  const { ports, asked, sent, kept } = gateway();
  const moved = await topUp(ports, DEPLOYMENT, { amount: COIN / 3n, wallet: ADDRESS });
  expect(moved).toEqual({ transaction: keccak256(sent[0]!), block: 77, resumed: false });
  expect(kept).toEqual([]);
  const { call, envelope } = readTransaction(sent[0]!);
  expect(envelope).toEqual({
    ...{ chainId: 7, nonce: 4, gas: 62_500n, maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 0n },
  });
  // Asked about exactly what was signed.
  expect(asked).toEqual([{ address: ADDRESS, to: call.to, data: call.data, value: String(call.value) }]);
  expect(call).toEqual(topUpCall(DEPLOYMENT, { amount: COIN / 3n, wallet: ADDRESS }));
});

it("says that a transaction was reverted, which the gateway calls failed", async () => {
  const { ports } = gateway({ end: "failed" });
  const move = topUp(ports, DEPLOYMENT, { amount: 1n, wallet: ADDRESS });
  await expect(move).rejects.toMatchObject({ code: "reverted" });
});

it("quotes the fee that it would allow, and signs nothing for a gateway that asks for too much, or is of another chain", async () => {
  const call = topUpCall(DEPLOYMENT, { amount: 1n, wallet: ADDRESS });
  const quoted = { address: ADDRESS, chainId: 7, call };
  expect(await quoteFee(gateway().ports.chain, quoted)).toBe(62_500n * 2_000_000_000n);
  for (const [fees, code] of [
    [{ maxFeePerGas: String(COIN) }, "fee-too-high"],
    [{ chainId: 8 }, "wrong-chain"],
  ] as const) {
    const { ports, sent, kept } = gateway({ fees });
    await expect(quoteFee(ports.chain, quoted)).rejects.toMatchObject({ code });
    await expect(topUp(ports, DEPLOYMENT, { amount: 1n, wallet: ADDRESS })).rejects.toMatchObject({ code });
    expect([sent, kept]).toEqual([[], []]);
  }
});
