import { createPublicClient, createWalletClient, defineChain, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";

/** Anvil's first account too: it has coins from the start on both. */
export const RICH_KEY: Hex = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
export const RICH = privateKeyToAccount(RICH_KEY);

export function viemChain(url: string, chainId = 26170) {
  return defineChain({
    id: chainId,
    name: "Cairn test",
    nativeCurrency: { name: "coin", symbol: "C", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
}

export function clientsFor(url: string, chainId = 26170) {
  const chain = viemChain(url, chainId);
  const transport = http(url);
  return {
    public: createPublicClient({ chain, transport, pollingInterval: 100 }),
    wallet: createWalletClient({ chain, transport, account: RICH }),
  };
}

/** One JSON-RPC call without a client in between. */
export async function rpc(url: string, method: string, params: unknown[] = []) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await response.json()) as {
    result?: unknown;
    error?: { code: number; message: string; data?: Hex };
  };
}
