import { bytesToHex } from "@ethereumjs/util";
import { invalidParams, limitExceeded, pruned } from "../rpc-error.ts";
import type { LogFilter, PlacedLog } from "../types.ts";
import { requireBlock } from "./choose-block.ts";
import type { MethodContext } from "./method-context.ts";
import type { BlockChoice, LogQuery } from "./parse.ts";

/** The blocks that a filter names, checked against the caps. Undefined when they hold nothing. */
async function resolveRange(context: MethodContext, query: LogQuery): Promise<LogFilter | undefined> {
  const { node, limits } = context;
  const head = Number(node.head.header.number);
  const numberOf = (choice: BlockChoice): number => (choice.by === "number" ? choice.number : head);
  const { addresses, topics } = query;
  if (query.blockHash !== undefined) {
    const number = Number((await requireBlock(context, { blockHash: bytesToHex(query.blockHash) })).header.number);
    return { fromBlock: number, toBlock: number, addresses, topics };
  }
  const fromBlock = numberOf(query.fromBlock);
  const toBlock = Math.min(numberOf(query.toBlock), head);
  if (fromBlock > numberOf(query.toBlock) && !(query.toBlock.by === "head" && fromBlock > head)) {
    throw invalidParams(`fromBlock ${fromBlock} is after toBlock ${numberOf(query.toBlock)}`);
  }
  if (fromBlock > toBlock) return undefined;
  if (toBlock - fromBlock + 1 > limits.logBlocks) {
    throw limitExceeded(
      `query exceeds max block range ${limits.logBlocks}`,
      `Ask for at most ${limits.logBlocks} blocks at a time.`,
    );
  }
  refusePassed(context, fromBlock, topics[0]);
  return { fromBlock, toBlock, addresses, topics };
}

/** Of pruned blocks only those with lasting logs are left: who asks for others would get an answer with holes. */
function refusePassed({ node }: MethodContext, fromBlock: number, asked: Uint8Array[] | undefined): void {
  const { history } = node.floors;
  if (fromBlock >= history) return;
  const passing = new Set(node.passingTopics);
  if (asked === undefined || asked.some((topic) => passing.has(bytesToHex(topic)))) throw pruned("history", history);
}

/** The logs that a query asks for. @throws RpcError beyond the limits */
export async function findLogs(context: MethodContext, query: LogQuery): Promise<PlacedLog[]> {
  const { node, limits } = context;
  const filter = await resolveRange(context, query);
  if (filter === undefined) return [];
  const { count, bytes } = await node.store.measureLogs(filter, limits.logResults);
  if (count > limits.logResults || bytes > limits.logBytes) {
    throw limitExceeded(
      `query returned more than ${limits.logResults} results`,
      "Ask for fewer blocks, or for fewer kinds of events.",
    );
  }
  return await node.store.logs(filter);
}
