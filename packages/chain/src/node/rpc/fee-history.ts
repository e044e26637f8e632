import type { Hex } from "@cairn/protocol";
import { invalidParams } from "../rpc-error.ts";
import type { PlacedTransaction } from "../types.ts";
import { quantity } from "./format.ts";
import type { MethodContext } from "./method-context.ts";
import { parseNumber, parseQuantity } from "./parse.ts";

/** As geth: a longer range is answered with its newest blocks. */
const MAX_FEE_HISTORY = 1024;
/** The same where the transactions of each block are to be looked at. */
const MAX_REWARD_HISTORY = 128;
const MAX_PERCENTILES = 100;

function parsePercentiles(value: unknown): number[] {
  const given = value ?? [];
  if (!Array.isArray(given) || given.length > MAX_PERCENTILES) {
    throw invalidParams(`rewardPercentiles must be a list of at most ${MAX_PERCENTILES}`);
  }
  for (const [index, one] of given.entries()) {
    if (typeof one !== "number" || !(one >= 0 && one <= 100)) {
      throw invalidParams(`rewardPercentiles[${index}] must be a number from 0 to 100`);
    }
    if (index > 0 && one < given[index - 1]) throw invalidParams("rewardPercentiles must not fall");
  }
  return given as number[];
}

/** The tip, in wei per gas, that the transactions of a block paid at each percentile of its gas. */
function rewardsOf(transactions: readonly PlacedTransaction[], baseFee: bigint, percentiles: readonly number[]): Hex[] {
  const paid = transactions
    .map(({ effectiveGasPrice, gasUsed }) => ({ tip: effectiveGasPrice - baseFee, gasUsed }))
    .sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  const total = paid.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
  let at = 0;
  let gas = paid[0]?.gasUsed ?? 0n;
  return percentiles.map((percentile) => {
    const threshold = (Number(total) * percentile) / 100;
    while (at < paid.length - 1 && Number(gas) < threshold) gas += paid[++at]?.gasUsed ?? 0n;
    return quantity(paid[at]?.tip ?? 0n);
  });
}

export async function feeHistory({ node }: MethodContext, params: unknown[]) {
  const percentiles = parsePercentiles(params[2]);
  const most = BigInt(percentiles.length === 0 ? MAX_FEE_HISTORY : MAX_REWARD_HISTORY);
  const asked = parseQuantity(params[0], "blockCount");
  if (asked === 0n) throw invalidParams("blockCount must be at least 0x1");
  const head = Number(node.head.header.number);
  const choice = parseNumber(params[1], "newestBlock");
  const newest = choice.by === "number" ? choice.number : head;
  if (newest > head) throw invalidParams(`newestBlock ${newest} is past the last block, ${head}`);
  const oldest = Math.max(0, newest - Number(asked < most ? asked : most) + 1);
  const used = await node.store.gasUsed(oldest, newest);
  const { baseFee, blockGas } = node.rules;
  const reward: Hex[][] = [];
  for (let number = oldest; percentiles.length > 0 && number <= newest; number++) {
    const transactions = used[number - oldest] === 0n ? [] : await node.store.transactionsOf(number);
    reward.push(rewardsOf(transactions, baseFee, percentiles));
  }
  return {
    oldestBlock: quantity(oldest),
    baseFeePerGas: Array<Hex>(used.length + 1).fill(quantity(baseFee)),
    gasUsedRatio: used.map((gas) => Number(gas) / Number(blockGas)),
    baseFeePerBlobGas: Array<Hex>(used.length + 1).fill("0x1"),
    blobGasUsedRatio: used.map(() => 0),
    ...(percentiles.length === 0 ? {} : { reward }),
  };
}
