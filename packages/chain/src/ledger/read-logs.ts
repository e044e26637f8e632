import type { Address, Hex } from "@cairn/protocol";
import type { RawLog } from "./events.ts";
import { toQuantity } from "./heads.ts";
import { LASTING_TOPICS } from "./passing-events.ts";
import { type Rpc, RpcError } from "./rpc.ts";

/** Lotus allows 2,880 epochs by default, other nodes as little as 2,000 blocks. */
export const MAX_LOG_RANGE = 2000;

export interface LogReader {
  /** All logs of the contracts in blocks [from, to], in order. @throws RpcError when the node refuses even a single block */
  read(from: number, to: number): Promise<RawLog[]>;
}

/** What a chain of ours says of logs that it has deleted. */
const PRUNED = /is pruned/;

/** Reads logs in windows that halve whenever the node refuses (range, number of results, time) and grow back slowly. */
export function openLogReader(
  rpc: Rpc,
  addresses: readonly Address[],
  maximum = MAX_LOG_RANGE,
  lasting: readonly Hex[] = LASTING_TOPICS,
): LogReader {
  let window = maximum;

  async function fetchWindow(from: number, to: number): Promise<RawLog[]> {
    const filter = { address: addresses, fromBlock: toQuantity(from), toBlock: toQuantity(to) };
    try {
      return await rpc.request<RawLog[]>("eth_getLogs", [filter]);
    } catch (error) {
      if (!(error instanceof RpcError) || !PRUNED.test(error.message)) throw error;
      return rpc.request<RawLog[]>("eth_getLogs", [{ ...filter, topics: [lasting] }]);
    }
  }

  return {
    async read(from, to) {
      const logs: RawLog[] = [];
      for (let at = from; at <= to; ) {
        const end = Math.min(to, at + window - 1);
        try {
          for (const log of await fetchWindow(at, end)) logs.push(log);
          at = end + 1;
          window = Math.min(maximum, window + Math.ceil(window / 4));
        } catch (error) {
          if (!(error instanceof RpcError) || end === at) throw error;
          window = Math.max(1, Math.floor((end - at + 1) / 2));
        }
      }
      return logs.sort(
        (a, b) => Number(a.blockNumber) - Number(b.blockNumber) || Number(a.logIndex) - Number(b.logIndex),
      );
    },
  };
}
