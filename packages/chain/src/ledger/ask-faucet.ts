import { setTimeout as sleep } from "node:timers/promises";
import type { Address, Hex, Money } from "@cairn/protocol";
import { openRpc, type Rpc, RpcError } from "./rpc.ts";

/** For a local or demo network, whose coins are worth nothing: gas of many thousand transactions. */
const GIFT: Money = 10n * 10n ** 18n;
const LOOK_MILLISECONDS = 200;
/** Blocks are made when there is work; one that takes longer than this is not waited for. */
const WAIT_SECONDS = 30;

/**
 * Where the chain at `url` has a faucet, have it give coins to an address that has none, and wait until they are there.
 * @returns whether the address has coins
 * @throws CairnError `chain-unreachable`
 */
export async function askFaucet(url: string, address: Address): Promise<boolean> {
  const rpc = openRpc(url);
  try {
    if (await hasCoins(rpc, address)) return true;
    await rpc.request<Hex>("cairn_faucet", [address, `0x${GIFT.toString(16)}`]);
    for (let waited = 0; waited < WAIT_SECONDS * 1000; waited += LOOK_MILLISECONDS) {
      if (await hasCoins(rpc, address)) return true;
      await sleep(LOOK_MILLISECONDS);
    }
    return false;
  } catch (error) {
    // No faucet, or one that has given the address all that it gives.
    if (error instanceof RpcError) return false;
    throw error;
  } finally {
    await rpc.close();
  }
}

const hasCoins = async (rpc: Rpc, address: Address): Promise<boolean> =>
  BigInt(await rpc.request<Hex>("eth_getBalance", [address, "latest"])) > 0n;
