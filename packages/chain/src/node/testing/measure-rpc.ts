import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  http,
  keccak256,
} from "viem";
import { compileProbe, PROBE_ABI } from "./compile-probe.ts";
import { RICH, viemChain } from "./probe-chain.ts";

/** Load over JSON-RPC, the same for any chain that has the test accounts. */

const BATCH = 100;

async function call(
  url: string,
  body: unknown,
): Promise<{ id: number; result?: unknown; error?: { message: string } }[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { id: number; result?: unknown; error?: { message: string } }[];
}

function signTransactions(count: number, to: Address, from: number): Promise<Hex[]> {
  const data = encodeFunctionData({ abi: PROBE_ABI, functionName: "increment" });
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      RICH.signTransaction({
        type: "eip1559",
        chainId: 26170,
        nonce: from + index,
        to,
        data,
        gas: 120_000n,
        maxFeePerGas: 5_000_000_000n,
        maxPriorityFeePerGas: 0n,
      }),
    ),
  );
}

/**
 * Transactions per second, end to end: `count` signed calls that each write a warm slot, a fresh slot and an event are sent in batches, and the last
 * one's receipt is waited for. Throws unless all took effect.
 */
export async function measureTransactions(url: string, count: number): Promise<number> {
  const chain = viemChain(url);
  const reader = createPublicClient({ chain, transport: http(url), pollingInterval: 50 });
  const wallet = createWalletClient({ chain, transport: http(url), account: RICH });
  const deploy = await wallet.sendTransaction({
    data: encodeDeployData({ abi: PROBE_ABI, bytecode: compileProbe(), args: [0n] }),
  });
  const { contractAddress } = await reader.waitForTransactionReceipt({ hash: deploy });
  if (contractAddress === null || contractAddress === undefined) throw new Error("the contract was not deployed");
  const signed = await signTransactions(count, contractAddress, 1);
  const started = performance.now();
  for (let at = 0; at < count; at += BATCH) {
    const calls = signed
      .slice(at, at + BATCH)
      .map((raw, id) => ({ jsonrpc: "2.0", id, method: "eth_sendRawTransaction", params: [raw] }));
    const failed = (await call(url, calls)).find((one) => one.error !== undefined);
    if (failed !== undefined) throw new Error(failed.error?.message);
  }
  await reader.waitForTransactionReceipt({ hash: keccak256(signed[count - 1]!), timeout: 120_000 });
  const seconds = (performance.now() - started) / 1000;
  const counted = await reader.readContract({ address: contractAddress, abi: PROBE_ABI, functionName: "count" });
  if (counted !== BigInt(count)) throw new Error(`${counted} of ${count} transactions took effect`);
  return count / seconds;
}

/** `eth_call` per second, one after another over one connection, as a gateway polls. */
export async function measureCalls(url: string): Promise<number> {
  const data = encodeFunctionData({ abi: PROBE_ABI, functionName: "count" });
  const to = getContractAddress({ from: RICH.address, nonce: 0n });
  const request = { jsonrpc: "2.0", id: 1, method: "eth_call", params: [{ to, data }, "latest"] };
  const started = performance.now();
  let count = 0;
  for (; performance.now() - started < 3000; count++) await call(url, request);
  return count / ((performance.now() - started) / 1000);
}
