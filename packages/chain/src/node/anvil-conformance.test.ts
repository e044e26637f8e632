import { type Address, encodeFunctionData, getContractAddress, type Hex, keccak256, pad, toHex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Anvil, startAnvil } from "./testing/anvil.ts";
import { compileProbe, PROBE_ABI } from "./testing/compile-probe.ts";
import { clientsFor, RICH, rpc } from "./testing/probe-chain.ts";
import { FAUCET, startTestChain, type TestChain } from "./testing/start-test-chain.ts";

const COIN = 10n ** 18n;
const PROBE = getContractAddress({ from: RICH.address, nonce: 0n });
const HEIR: Address = `0x${"5e".repeat(20)}`;
const precompile = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
const word = (value: bigint | number): string => pad(toHex(value), { size: 32 }).slice(2);

/** G1 generator doubled, a pairing that holds, and a modular exponentiation: for precompiles 5 to 8. */
const EC_ADD = `0x${word(1)}${word(2)}${word(1)}${word(2)}` as Hex;
const EC_MUL = `0x${word(1)}${word(2)}${word(12345)}` as Hex;
const MODEXP = `0x${word(3)}${word(2)}${word(3)}030201${"1234"}${"fffff1"}` as Hex;
const BLAKE2 =
  `0x0000000c48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b61626300000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000300000000000000000000000000000001` as Hex;

type Step = {
  what: string;
  to?: Address;
  data?: Hex;
  value?: bigint;
  gas?: bigint;
  type?: "legacy" | "eip2930" | "eip1559";
};

const call = (what: string, data: Hex, more: Partial<Step> = {}): Step => ({ what, to: PROBE, data, ...more });

const STEPS: Step[] = [
  { what: "deploy", data: `${compileProbe()}${word(5)}` as Hex, value: COIN, gas: 3_000_000n },
  { what: "transfer to nobody", to: HEIR, value: 5n },
  { what: "transfer, legacy", to: HEIR, value: 5n, type: "legacy" },
  { what: "transfer to oneself", to: RICH.address, value: 1n },
  call("write a fresh slot", encodeFunctionData({ abi: PROBE_ABI, functionName: "increment" })),
  call("write again, access list type", encodeFunctionData({ abi: PROBE_ABI, functionName: "increment" }), {
    type: "eip2930",
  }),
  call("many events", encodeFunctionData({ abi: PROBE_ABI, functionName: "many", args: [40n] })),
  call("compute", encodeFunctionData({ abi: PROBE_ABI, functionName: "spin", args: [200n] })),
  call("clear slots (refund)", encodeFunctionData({ abi: PROBE_ABI, functionName: "clear" })),
  call("write after clearing", encodeFunctionData({ abi: PROBE_ABI, functionName: "increment" })),
  call("revert, custom error", encodeFunctionData({ abi: PROBE_ABI, functionName: "exceed", args: [9n] })),
  call("revert, reason", encodeFunctionData({ abi: PROBE_ABI, functionName: "refuse" })),
  call("panic", encodeFunctionData({ abi: PROBE_ABI, functionName: "overflow", args: [1] })),
  call("out of gas", encodeFunctionData({ abi: PROBE_ABI, functionName: "burn" }), { gas: 100_000n }),
  call(
    "pay a new account",
    encodeFunctionData({ abi: PROBE_ABI, functionName: "pay", args: [precompile(0xbeef), 7n] }),
  ),
  call("pay an old account", encodeFunctionData({ abi: PROBE_ABI, functionName: "pay", args: [HEIR, 7n] })),
  call("pay more than there is", encodeFunctionData({ abi: PROBE_ABI, functionName: "pay", args: [HEIR, 2n * COIN] })),
  call("create2", encodeFunctionData({ abi: PROBE_ABI, functionName: "makeChild", args: [word32(1)] }), { value: 3n }),
  call(
    "create2 again (collision)",
    encodeFunctionData({ abi: PROBE_ABI, functionName: "makeChild", args: [word32(1)] }),
  ),
  call("create and self-destruct", encodeFunctionData({ abi: PROBE_ABI, functionName: "makeAndEnd", args: [HEIR] }), {
    value: 9n,
  }),
  call("inner failures undone", encodeFunctionData({ abi: PROBE_ABI, functionName: "tryInner", args: [3n] })),
  call(
    "hashes, transient storage, mcopy",
    encodeFunctionData({ abi: PROBE_ABI, functionName: "machine", args: ["0x0102030405"] }),
  ),
  ...(
    [
      [1, `${keccak256("0x01")}${word(27)}${word(1)}${word(2)}`],
      [2, "0x616263"],
      [3, "0x616263"],
      [4, "0x616263"],
      [5, MODEXP],
      [6, EC_ADD],
      [7, EC_MUL],
      [8, "0x"],
      [8, `0x${word(1)}`],
      [9, BLAKE2],
    ] as [number, Hex][]
  ).map(([n, input]) =>
    call(
      `precompile ${n}`,
      encodeFunctionData({ abi: PROBE_ABI, functionName: "precompiled", args: [precompile(n), input] }),
    ),
  ),
  call("no such function", "0xdeadbeef"),
  { what: "data to an account without code", to: HEIR, data: "0x00ff00ff" },
  { what: "deploy nothing", data: "0x" },
  { what: "deploy code that begins with 0xef", data: "0x60ef60005360016000f3" },
  { what: "deploy, constructor reverts", data: "0x60006000fd" },
  { what: "value to the contract", to: PROBE, value: 11n },
];

function word32(n: number): Hex {
  return `0x${word(n)}`;
}

interface Receipt {
  status: Hex;
  gasUsed: Hex;
  contractAddress: Hex | null;
  effectiveGasPrice: Hex;
  logsBloom: Hex;
  type: Hex;
  logs: { address: Hex; topics: Hex[]; data: Hex }[];
}

async function sign(nonce: number, step: Step): Promise<Hex> {
  const price = 2_000_000_000n;
  const common = {
    chainId: 26170,
    nonce,
    gas: step.gas ?? 500_000n,
    ...(step.to === undefined ? {} : { to: step.to }),
    ...(step.data === undefined ? {} : { data: step.data }),
    value: step.value ?? 0n,
  };
  const accessList = [{ address: PROBE, storageKeys: [word32(0)] }];
  if (step.type === "legacy") return await RICH.signTransaction({ ...common, type: "legacy", gasPrice: price });
  if (step.type === "eip2930") {
    return await RICH.signTransaction({ ...common, type: "eip2930", gasPrice: price, accessList });
  }
  return await RICH.signTransaction({ ...common, type: "eip1559", maxFeePerGas: price, maxPriorityFeePerGas: 1n });
}

/** What a step leaves behind that must be the same on any Ethereum chain. */
async function outcomeOf(url: string, hash: Hex) {
  await clientsFor(url).public.waitForTransactionReceipt({ hash });
  const receipt = (await rpc(url, "eth_getTransactionReceipt", [hash])).result as Receipt;
  return {
    status: receipt.status,
    gasUsed: receipt.gasUsed,
    contractAddress: receipt.contractAddress?.toLowerCase() ?? null,
    effectiveGasPrice: receipt.effectiveGasPrice,
    logsBloom: receipt.logsBloom,
    type: receipt.type,
    logs: receipt.logs.map(({ address, topics, data }) => ({ address, topics, data })),
  };
}

async function stateOf(url: string) {
  const { public: reader } = clientsFor(url);
  const storage: (Hex | undefined)[] = [];
  for (const slot of ["0x0", "0x1", "0x2"] as const) storage.push(await reader.getStorageAt({ address: PROBE, slot }));
  const accounts = await Promise.all(
    [RICH.address, HEIR, PROBE, precompile(0xbeef)].map(async (address) => [
      await reader.getBalance({ address }),
      await reader.getTransactionCount({ address }),
      await reader.getCode({ address }),
    ]),
  );
  return { storage, accounts };
}

describe("gas, receipts and state", () => {
  let running: TestChain;
  let anvil: Anvil;

  beforeAll(async () => {
    const balance = (1_000_000n * COIN).toString();
    running = await startTestChain({ alloc: { [RICH.address]: balance, [FAUCET.address]: balance } });
    anvil = await startAnvil(["--base-fee", "1000000000", "--gas-limit", "6000000"]);
    await rpc(anvil.url, "anvil_setBalance", [RICH.address, toHex(1_000_000n * COIN)]);
  });

  afterAll(async () => {
    await running.drop();
    await anvil.stop();
  });

  it("are the same as anvil's, transaction by transaction", async () => {
    const hashes: Hex[] = [];
    for (const [nonce, step] of STEPS.entries()) {
      const raw = await sign(nonce, step);
      hashes.push(keccak256(raw));
      await rpc(anvil.url, "anvil_setNextBlockBaseFeePerGas", [toHex(1_000_000_000n)]);
      for (const url of [anvil.url, running.chain.url]) {
        expect((await rpc(url, "eth_sendRawTransaction", [raw])).error).toBeUndefined();
      }
      // The base fee that was set is for one block: for this one, though anvil answers before it has made it.
      await clientsFor(anvil.url).public.waitForTransactionReceipt({ hash: keccak256(raw) });
    }
    for (const [nonce, hash] of hashes.entries()) {
      const { what } = STEPS[nonce]!;
      const theirs = await outcomeOf(anvil.url, hash);
      expect({ what, ...(await outcomeOf(running.chain.url, hash)) }).toEqual({ what, ...theirs });
    }
    expect(await stateOf(running.chain.url)).toEqual(await stateOf(anvil.url));
  });
});
