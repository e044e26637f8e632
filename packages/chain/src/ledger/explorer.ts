import { proofLedgerAbi, providerRegistryAbi, storageDealsAbi } from "@cairn/contracts";
import { type Deployment, Semaphore } from "@cairn/core";
import { type Address, CairnError, type Hex, type Money, type Seconds } from "@cairn/protocol";
import { type Abi, decodeEventLog, decodeFunctionData, getAbiItem } from "viem";
import type { RawLog } from "./events.ts";
import { type FlatArgument, flatArguments } from "./flat-arguments.ts";
import { toQuantity } from "./heads.ts";
import { type Rpc, RpcError } from "./rpc.ts";

export interface SeenBlock {
  number: number;
  hash: Hex;
  time: Seconds;
  transactions: number;
  gasUsed: bigint;
  gasLimit: bigint;
}

export interface SeenCall {
  transaction: Hex;
  from: Address;
  /** Null: it creates a contract. */
  to: Address | null;
  /** Which of our contracts it calls; null for others. */
  contract: string | null;
  /** The function's name; null where it is none of ours. */
  method: string | null;
  amount: Money;
}

interface SeenBlockDetail extends SeenBlock {
  /** The first 500. */
  calls: SeenCall[];
}

interface SeenEvent {
  logIndex: number;
  address: Address;
  contract: string | null;
  /** Null where it is no event of ours. */
  name: string | null;
  arguments: FlatArgument[];
}

interface SeenTransaction extends SeenCall {
  block: number;
  time: Seconds;
  /** Blocks since, the head included. */
  confirmations: number;
  ok: boolean;
  gasUsed: bigint;
  fee: Money;
  /** Bytes of its data. */
  dataBytes: number;
  arguments: FlatArgument[];
  /** The first 200. */
  events: SeenEvent[];
}

interface SeenContract {
  name: string;
  address: Address;
  /** Bytes of its code. */
  size: number;
  what: string;
}

/** What people look through of the chain. Nothing else of the node can be asked by it. */
export interface Explorer {
  /** Newest first, from the block below `before` or the head on. */
  blocks(request: {
    before?: number;
    limit: number;
  }): Promise<{ head: number; blocks: SeenBlock[]; next: number | null }>;
  /** @throws CairnError `no-block` */
  block(number: number): Promise<SeenBlockDetail>;
  /** @throws CairnError `no-transaction` */
  transaction(hash: Hex): Promise<SeenTransaction>;
  /** What a hash is of, and in which block. @throws CairnError `unknown-hash` */
  find(hash: Hex): Promise<{ kind: "block" | "transaction"; block: number }>;
  contracts(): Promise<SeenContract[]>;
}

interface RawTransaction {
  hash: Hex;
  from: Address;
  to: Address | null;
  input: Hex;
  value: Hex;
  blockNumber: Hex | null;
}

interface RawBlock {
  number: Hex;
  hash: Hex;
  timestamp: Hex;
  gasUsed: Hex;
  gasLimit: Hex;
  transactions: (Hex | RawTransaction)[];
}

interface RawReceipt {
  status?: Hex;
  gasUsed: Hex;
  effectiveGasPrice?: Hex;
  blockNumber: Hex;
  logs: RawLog[];
}

/** Requests to the node at a time: people who look around take nothing from what the gateway itself does. */
const AT_ONCE = 4;
const MOST_CALLS = 500;
const MOST_EVENTS = 200;
/** Answers kept; blocks this far below the head are taken for lasting. */
const KEPT = 500;
const LASTING = 64;

const OURS = {
  registry: {
    name: "ProviderRegistry",
    abi: providerRegistryAbi,
    what: "who stores: the keys, terms and records of providers",
  },
  ledger: {
    name: "ProofLedger",
    abi: proofLedgerAbi,
    what: "who proved: periods, their seeds, and the verifiers' votes",
  },
  deals: { name: "StorageDeals", abi: storageDealsAbi, what: "who owes what: deposits, packages, deals and payments" },
} as const;

export function openExplorer(rpc: Pick<Rpc, "request">, deployment: Deployment): Explorer {
  const gate = new Semaphore(AT_ONCE);
  const ask = <T>(method: string, ...params: unknown[]) => gate.run(() => rpc.request<T>(method, params));
  const lasting = new Map<string, unknown>();
  const known = new Map(
    (["registry", "ledger", "deals"] as const).map((key) => [deployment[key].toLowerCase(), OURS[key]]),
  );
  let sizes: Promise<SeenContract[]> | undefined;

  const headNumber = async () => Number(await ask<Hex>("eth_blockNumber"));

  /** What does not change any more is asked for once. */
  async function kept<T>(key: string, lasts: (found: T) => boolean, find: () => Promise<T>): Promise<T> {
    if (lasting.has(key)) return lasting.get(key) as T;
    const found = await find();
    if (lasts(found)) {
      if (lasting.size >= KEPT) lasting.delete(lasting.keys().next().value!);
      lasting.set(key, found);
    }
    return found;
  }

  /** Undefined: it is not made yet, was left out (a null round), or is deleted. */
  async function raw(number: number, full: boolean): Promise<RawBlock | undefined> {
    try {
      return (await ask<RawBlock | null>("eth_getBlockByNumber", toQuantity(number), full)) ?? undefined;
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }

  const lastingAt = (head: number) => (block: { number: number } | undefined) =>
    block !== undefined && block.number <= head - LASTING;

  function calledBy({ hash, from, to, input, value }: RawTransaction): SeenCall {
    const contract = to === null ? undefined : known.get(to.toLowerCase());
    return {
      transaction: hash,
      from: from.toLowerCase() as Address,
      to: (to?.toLowerCase() ?? null) as Address | null,
      contract: contract?.name ?? null,
      method: contract === undefined ? null : (decodedCall(contract.abi, input)?.name ?? null),
      amount: BigInt(value),
    };
  }

  function eventOf(log: RawLog): SeenEvent {
    const contract = known.get(log.address.toLowerCase());
    const decoded = contract === undefined ? undefined : decodedEvent(contract.abi, log);
    return {
      logIndex: Number(log.logIndex),
      address: log.address.toLowerCase() as Address,
      contract: contract?.name ?? null,
      name: decoded?.name ?? null,
      arguments: decoded?.flat ?? [],
    };
  }

  return {
    async blocks({ before, limit }) {
      const head = await headNumber();
      const from = Math.min(before ?? head + 1, head + 1) - 1;
      const numbers = Array.from({ length: Math.max(0, Math.min(limit, from + 1)) }, (_, i) => from - i);
      const found = await Promise.all(
        numbers.map((number) =>
          kept(`block ${number}`, lastingAt(head), async () => {
            const block = await raw(number, false);
            return block && seenBlock(block);
          }),
        ),
      );
      const last = numbers.at(-1);
      return {
        head,
        blocks: found.filter((block) => block !== undefined),
        next: last === undefined || last === 0 || found.every((block) => block === undefined) ? null : last,
      };
    },

    async block(number) {
      const head = await headNumber();
      const block = await kept(`calls ${number}`, lastingAt(head), async () => {
        const whole = await raw(number, true);
        if (whole === undefined) return undefined;
        const calls = whole.transactions.filter((one) => typeof one !== "string").slice(0, MOST_CALLS);
        return { ...seenBlock(whole), calls: calls.map(calledBy) };
      });
      if (block !== undefined) return block;
      throw new CairnError(`the chain has no block ${number}`, {
        code: "no-block",
        kind: "missing",
        details: { number },
        next: `Name a block from 0 to ${head}; those that the chain has deleted are gone.`,
      });
    },

    async transaction(hash) {
      const head = await headNumber();
      const found = await kept<Omit<SeenTransaction, "confirmations"> | undefined>(
        hash,
        (seen) => seen !== undefined && seen.block <= head - LASTING,
        async () => {
          const [sent, receipt] = await Promise.all([
            ask<RawTransaction | null>("eth_getTransactionByHash", hash),
            ask<RawReceipt | null>("eth_getTransactionReceipt", hash),
          ]).catch((error: unknown) => {
            if (error instanceof RpcError) return [null, null];
            throw error;
          });
          if (sent === null || receipt === null) return undefined;
          const block = await raw(Number(receipt.blockNumber), false);
          const contract = sent.to === null ? undefined : known.get(sent.to.toLowerCase());
          const gasUsed = BigInt(receipt.gasUsed);
          return {
            ...calledBy(sent),
            block: Number(receipt.blockNumber),
            time: Number(block?.timestamp ?? 0),
            ok: receipt.status !== "0x0",
            gasUsed,
            fee: gasUsed * BigInt(receipt.effectiveGasPrice ?? 0),
            dataBytes: (sent.input.length - 2) / 2,
            arguments: contract === undefined ? [] : (decodedCall(contract.abi, sent.input)?.flat ?? []),
            events: receipt.logs.slice(0, MOST_EVENTS).map(eventOf),
          };
        },
      );
      if (found !== undefined) return { ...found, confirmations: Math.max(0, head - found.block + 1) };
      throw new CairnError(`the chain has no transaction ${hash}`, {
        code: "no-transaction",
        kind: "missing",
        details: { transaction: hash },
        next: "Look again in a few seconds if it was just sent; those in blocks that the chain has deleted are gone.",
      });
    },

    async find(hash) {
      const found = <T>(method: string, ...params: unknown[]) =>
        ask<T | null>(method, ...params).catch((error: unknown) => {
          if (error instanceof RpcError) return null;
          throw error;
        });
      const [sent, block] = await Promise.all([
        found<RawTransaction>("eth_getTransactionByHash", hash),
        found<RawBlock>("eth_getBlockByHash", hash, false),
      ]);
      if (sent !== null && sent.blockNumber !== null) return { kind: "transaction", block: Number(sent.blockNumber) };
      if (block !== null) return { kind: "block", block: Number(block.number) };
      throw new CairnError(`the chain has no block and no transaction ${hash}`, {
        code: "unknown-hash",
        kind: "missing",
        details: { hash },
        next: "Look again in a few seconds if it was just sent; deals and packages have ids that are no hashes of transactions.",
      });
    },

    contracts() {
      const entries = (["registry", "ledger", "deals"] as const).map(async (key): Promise<SeenContract> => {
        const code = await ask<Hex>("eth_getCode", deployment[key], "latest");
        const { name, what } = OURS[key];
        return { name, address: deployment[key].toLowerCase() as Address, size: (code.length - 2) / 2, what };
      });
      sizes ??= Promise.all(entries).catch((error: unknown) => {
        sizes = undefined;
        throw error;
      });
      return sizes;
    },
  };
}

const seenBlock = (block: RawBlock): SeenBlock => ({
  number: Number(block.number),
  hash: block.hash,
  time: Number(block.timestamp),
  transactions: block.transactions.length,
  gasUsed: BigInt(block.gasUsed),
  gasLimit: BigInt(block.gasLimit),
});

type Inputs = Parameters<typeof flatArguments>[0];

/** Anybody can send anything to a contract: what it cannot read has no name. */
function decodedCall(abi: Abi, data: Hex): { name: string; flat: FlatArgument[] } | undefined {
  try {
    const { functionName, args = [] } = decodeFunctionData({ abi, data });
    const item = getAbiItem({ abi, name: data.slice(0, 10) as Hex }) as { inputs: Inputs };
    return { name: functionName, flat: flatArguments(item.inputs, args) };
  } catch {
    return undefined;
  }
}

function decodedEvent(abi: Abi, { topics, data }: RawLog): { name: string; flat: FlatArgument[] } | undefined {
  try {
    const { eventName, args = {} } = decodeEventLog({ abi, topics, data }) as { eventName: string; args?: object };
    const item = getAbiItem({ abi, name: topics[0] }) as { inputs: Inputs };
    return { name: eventName, flat: flatArguments(item.inputs, args as Record<string, unknown>) };
  } catch {
    return undefined;
  }
}
