import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { parseTransaction } from "viem";

/**
 * A node that behaves as Filecoin's Lotus does where it differs from Ethereum's: every sixth height is a null round, logs are capped by range
 * and number, gas is counted in other units, reverts are told in words, only transactions of type 2 are taken, and there is no `finalized`.
 * Source: Lotus's defaults (MaxFilterHeightRange, MaxFilterResults), smaller so that a test meets them.
 */
export interface FevmProxy {
  url: string;
  stop(): Promise<void>;
}

export const FEVM_LIMITS = { range: 15, results: 12, gasFactor: 9n };

interface Call {
  jsonrpc: string;
  id: number;
  method: string;
  params: unknown[];
}
interface Answer {
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

const hex = (value: number | bigint) => `0x${value.toString(16)}`;
const refusal = (message: string): Answer => ({ error: { code: -32_000, message } });

/** Five blocks, then a null round: heights 5, 11, 17 … are empty. */
const heightOf = (number: number) => number + Math.floor(number / 5);
const isNull = (height: number) => height % 6 === 5;
const numberOf = (height: number) => height - Math.floor((height + 1) / 6);

/** Heights in place of anvil's numbers, wherever they stand in an answer. */
function raised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(raised);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isHeight = (name === "number" || name === "blockNumber") && typeof inner === "string";
      return [name, isHeight ? hex(heightOf(Number(inner))) : raised(inner)];
    }),
  );
}

const isQuantity = (value: unknown): value is string => typeof value === "string" && /^0x[0-9a-f]{1,13}$/.test(value);
const lowered = (value: unknown): unknown => (isQuantity(value) ? hex(numberOf(Number(value))) : value);

export async function startFevmProxy(target: string): Promise<FevmProxy> {
  async function forward(method: string, params: unknown[]): Promise<Answer> {
    const response = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as Answer;
    if (error === undefined) return { result };
    const { data, message } = error;
    if (typeof data !== "string") return refusal(message);
    return refusal(`message execution failed (exit=[33], revert reason=[${data}], vm error=[${data}])`);
  }

  async function logs(params: unknown[]): Promise<Answer> {
    const filter = params[0] as { fromBlock: string; toBlock: string };
    const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
    if (to - from >= FEVM_LIMITS.range) return refusal(`epoch range exceeds the maximum of ${FEVM_LIMITS.range}`);
    const [first, last] = [isNull(from) ? from + 1 : from, isNull(to) ? to - 1 : to];
    if (first > last) return { result: [] };
    const answer = await forward("eth_getLogs", [
      { ...filter, fromBlock: lowered(hex(first)), toBlock: lowered(hex(last)) },
    ]);
    if ((answer.result as unknown[]).length > FEVM_LIMITS.results) return refusal("filter matches too many events");
    return { result: raised(answer.result) };
  }

  async function answer({ method, params }: Call): Promise<Answer> {
    if (method === "eth_getLogs") return logs(params);
    if (method === "eth_getBlockByNumber") {
      const [which] = params;
      if (which === "finalized") return refusal("finalized: not supported");
      if (isQuantity(which) && isNull(Number(which))) return refusal("requested epoch was a null round");
    }
    if (method === "eth_estimateGas") {
      const estimate = await forward(method, params);
      return estimate.error ? estimate : { result: hex(BigInt(estimate.result as string) * FEVM_LIMITS.gasFactor) };
    }
    if (method === "eth_sendRawTransaction") {
      const { type, gas, to, data } = parseTransaction(params[0] as `0x02${string}`);
      if (type !== "eip1559") return refusal("unsupported transaction type");
      if (to && data && (gas ?? 0n) < 21_000n * FEVM_LIMITS.gasFactor) return refusal("message: gas limit too low");
    }
    const heightArguments = [
      "eth_getBlockByNumber",
      "eth_call",
      "eth_getTransactionCount",
      "eth_getBalance",
      "eth_getCode",
    ];
    const given = heightArguments.includes(method) ? params.map(lowered) : params;
    const { result, error } = await forward(method, given);
    return error ? { error } : { result: raised(result) };
  }

  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Call | Call[];
    const calls = Array.isArray(body) ? body : [body];
    const answers = await Promise.all(
      calls.map(async (call) => ({ jsonrpc: "2.0", id: call.id, ...(await answer(call)) })),
    );
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
