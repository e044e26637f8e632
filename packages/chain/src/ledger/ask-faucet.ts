import { setTimeout as sleep } from "node:timers/promises";
import type { Address, Hex, Money } from "@cairn/protocol";
import { openRpc, type Rpc, RpcError } from "./rpc.ts";

/** For a local or demo network, whose coins are worth nothing: gas of many thousand transactions. */
export const FAUCET_GIFT: Money = 10n * 10n ** 18n;
const LOOK_MILLISECONDS = 200;
/** Blocks are made when there is work; one that takes longer than this is not waited for. */
const WAIT_SECONDS = 30;

/**
 * Where the chain at `url` has a faucet, have it give coins to an address that has none, and wait until they are there.
 * @returns what it gave; 0 where the address had coins, or got none
 * @throws CairnError `chain-unreachable`
 */
export async function askFaucet(url: string, address: Address): Promise<Money> {
  const rpc = openRpc(url);
  try {
    if ((await coinsOf(rpc, address)) > 0n) return 0n;
    await rpc.request<Hex>("cairn_faucet", [address, `0x${FAUCET_GIFT.toString(16)}`]);
    for (let waited = 0; waited < WAIT_SECONDS * 1000; waited += LOOK_MILLISECONDS) {
      const given = await coinsOf(rpc, address);
      if (given > 0n) return given;
      await sleep(LOOK_MILLISECONDS);
    }
    return 0n;
  } catch (error) {
    // No faucet, or one that has given the address all that it gives.
    if (error instanceof RpcError) return 0n;
    throw error;
  } finally {
    await rpc.close();
  }
}

const coinsOf = async (rpc: Rpc, address: Address): Promise<Money> =>
  BigInt(await rpc.request<Hex>("eth_getBalance", [address, "latest"]));
