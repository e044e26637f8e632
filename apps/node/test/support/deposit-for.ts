import { join } from "node:path";
import { askFaucet } from "@cairn/chain";
import { generateKey } from "@cairn/chain/wallet";
import { coinSigner } from "@cairn/owner/coin-signer";
import { deploymentOf } from "@cairn/owner/deployment-of";
import { topUp } from "@cairn/owner/top-up";
import { machineClock } from "@cairn/process/machine-clock";
import { type Address, addressOfKey } from "@cairn/protocol";
import { outgoingCalls } from "../../src/owner/outgoing-calls.ts";
import { rpcCoins } from "../../src/owner/rpc-coins.ts";
import { type TestNetwork, until } from "./network.ts";

/** Have somebody outside deposit coins for a wallet's storage; resolves once the gateway has seen it. @param amount wei */
export async function depositFor(network: TestNetwork, wallet: Address, amount: bigint): Promise<void> {
  const [{ chainUrl }, client] = [await network.run(), await network.client()];
  const key = generateKey();
  await askFaucet(chainUrl, addressOfKey(key));
  const deployment = deploymentOf(await client.network());
  const ports = {
    ...{ signer: coinSigner(key), chain: rpcCoins(chainUrl, deployment.chainId), clock: machineClock },
    ...{
      outgoing: outgoingCalls({ account: join(network.directory, "outside") }),
      signal: new AbortController().signal,
    },
  };
  await topUp(ports, deployment, { amount, wallet });
  const balance = async () => BigInt((await client.account(wallet)).balance);
  await until(balance, (has) => has >= amount, 120, `a deposit for ${wallet}`);
}
