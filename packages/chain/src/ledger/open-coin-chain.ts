import type { CoinBlock, CoinChain, CoinMovement, Head, SeenTransfer } from "@cairn/core";
import { type Address, CairnError, type Hex, type Money } from "@cairn/protocol";
import { type Heads, toQuantity } from "./heads.ts";
import { type Rpc, RpcError } from "./rpc.ts";

/** keccak256("Withdrawn(address,uint256)"): what the deposit contract says when it pays out. */
const WITHDRAWN: Hex = "0x7084f5476618d8e60b11ef0d7d3f06914655adb8793e28ff7f018d4c76d505d5";
const GWEI = 1_000_000_000n;

interface RawTransaction {
  hash: Hex;
  from: Hex;
  to: Hex | null;
  value: Hex;
  nonce: Hex;
}
interface RawBlock {
  number: Hex;
  hash: Hex;
  parentHash: Hex;
  timestamp: Hex;
  miner: Hex | null;
  baseFeePerGas?: Hex;
  transactions: RawTransaction[];
  withdrawals?: { address: Hex; amount: Hex }[];
}
interface RawReceipt {
  transactionHash: Hex;
  blockHash: Hex;
  status?: Hex;
  gasUsed: Hex;
  effectiveGasPrice: Hex;
  contractAddress: Hex | null;
  blobGasUsed?: Hex;
  blobGasPrice?: Hex;
  /** Of rollups: what the chain below takes. */
  l1Fee?: Hex;
}
interface RawLog {
  blockHash: Hex;
  transactionHash: Hex;
  topics: Hex[];
  data: Hex;
}

const lower = (hex: Hex): Address => hex.toLowerCase() as Address;
/** How nodes refuse a block that is not there (a null round) or not any more. */
const NO_BLOCK = /null round|not found|unknown block|is pruned|pruned/i;
/** How nodes say that they keep the state of a block no more. */
const NO_STATE = /pruned|missing trie|state .*not available|historical state|bad tipset|unknown block|not found/i;

const unless = async <T>(pattern: RegExp, work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RpcError && pattern.test(error.message)) return undefined;
    throw error;
  }
};

/** Coins of addresses on any EVM chain, read from blocks, receipts and the contract's payouts. @param deals the contract that holds deposits */
export function openCoinChain({ rpc, heads, deals }: { rpc: Rpc; heads: Heads; deals: Address }): CoinChain {
  const contract = lower(deals);

  async function blockAt(number: Hex | "pending"): Promise<RawBlock | undefined> {
    return (await unless(NO_BLOCK, rpc.request<RawBlock | null>("eth_getBlockByNumber", [number, true]))) ?? undefined;
  }

  async function receiptOf({ hash }: RawTransaction, block: RawBlock): Promise<RawReceipt> {
    const receipt = await rpc.request<RawReceipt | null>("eth_getTransactionReceipt", [hash]);
    // Read again later: the chain was reorganised meanwhile.
    if (receipt === null || receipt.blockHash !== block.hash) throw moved(block);
    return receipt;
  }

  /** What the contract paid out, by block and transaction. It is a payment by a contract: no transaction names its recipient. */
  async function payouts(from: number, to: number): Promise<Map<Hex, RawLog[]>> {
    const filter = { address: contract, topics: [WITHDRAWN], fromBlock: toQuantity(from), toBlock: toQuantity(to) };
    const logs = await unless(NO_BLOCK, rpc.request<RawLog[]>("eth_getLogs", [filter]));
    return Map.groupBy(logs ?? [], ({ blockHash }) => blockHash);
  }

  async function readBlock(raw: RawBlock, watched: ReadonlySet<Address>, paid: RawLog[]): Promise<CoinBlock> {
    const [number, time] = [Number(raw.number), Number(raw.timestamp)];
    const movements: CoinMovement[] = [];
    const transfers: SeenTransfer[] = [];
    const enter = (wallet: Address, movement: Omit<CoinMovement, "wallet" | "block" | "time">) => {
      if (watched.has(wallet) && movement.amount !== 0n) movements.push({ wallet, block: number, time, ...movement });
    };
    const isMaker = raw.miner !== null && watched.has(lower(raw.miner));
    const payoutsOf = Map.groupBy(paid, ({ transactionHash }) => transactionHash);
    const concerns = ({ from, to }: RawTransaction) =>
      watched.has(lower(from)) || (to !== null && watched.has(lower(to)));
    const receipts = await Promise.all(
      raw.transactions.map((one) => (isMaker || concerns(one) ? receiptOf(one, raw) : undefined)),
    );
    let tips = 0n;
    raw.transactions.forEach((one, index) => {
      const receipt = receipts[index];
      const { hash: transaction } = one;
      if (receipt !== undefined && concerns(one)) {
        const from = lower(one.from);
        const to = one.to === null ? null : lower(one.to);
        const amount = BigInt(one.value);
        const ok = receipt.status !== "0x0";
        transfers.push({ transaction, from, to, nonce: Number(one.nonce), amount, ok });
        if (ok) {
          const kind = to === contract ? "deposit" : "out";
          const counterparty = to ?? (receipt.contractAddress === null ? null : lower(receipt.contractAddress));
          enter(from, { kind, amount: -amount, counterparty, transaction });
          if (to !== null) enter(to, { kind: "in", amount, counterparty: from, transaction });
        }
        enter(from, { kind: "fee", amount: -feeOf(receipt), counterparty: null, transaction });
      }
      if (isMaker && receipt !== undefined) {
        const tip = BigInt(receipt.effectiveGasPrice) - BigInt(raw.baseFeePerGas ?? 0);
        tips += tip * BigInt(receipt.gasUsed);
      }
      for (const { topics, data } of payoutsOf.get(transaction) ?? []) {
        const wallet = `0x${(topics[1] ?? "").slice(-40)}` as Address;
        enter(wallet, { kind: "withdraw", amount: BigInt(data), counterparty: contract, transaction });
      }
    });
    const reward = { kind: "reward", counterparty: null, transaction: null } as const;
    if (raw.miner !== null) enter(lower(raw.miner), { ...reward, amount: tips });
    // EIP-4895: in gwei; it is how a chain of ours pays its validator.
    for (const { address, amount } of raw.withdrawals ?? [])
      enter(lower(address), { ...reward, amount: BigInt(amount) * GWEI });
    return { number, hash: raw.hash, parentHash: raw.parentHash, time, movements, transfers };
  }

  return {
    async latest(): Promise<Head> {
      const { number, hash, timestamp } = await heads.latest();
      return { number, hash, timestamp };
    },
    finalized: () => heads.finalized(),
    async hashAt(number) {
      return (await heads.block(number))?.hash;
    },
    async blocks(from, to, watched) {
      const numbers = Array.from({ length: to - from + 1 }, (_, index) => toQuantity(from + index));
      const [found, paid] = await Promise.all([Promise.all(numbers.map(blockAt)), payouts(from, to)]);
      const blocks = found.filter((block) => block !== undefined);
      return Promise.all(blocks.map((raw) => readBlock(raw, watched, paid.get(raw.hash) ?? [])));
    },
    async pending(watched) {
      const block = await unless(/./, blockAt("pending"));
      const whole = (block?.transactions ?? []).filter((one) => typeof one === "object");
      return whole
        .map(({ hash, from, to, value, nonce }) => ({
          ...{ transaction: hash, from: lower(from), to: to === null ? null : lower(to), nonce: Number(nonce) },
          ...{ amount: BigInt(value), ok: true },
        }))
        .filter(({ from, to }) => watched.has(from) || (to !== null && watched.has(to)));
    },
    nonce: async (address) => Number(await rpc.request<Hex>("eth_getTransactionCount", [address, "latest"])),
    async balanceAt(address, block): Promise<Money | undefined> {
      const found = await unless(NO_STATE, rpc.request<Hex>("eth_getBalance", [address, toQuantity(block)]));
      return found === undefined ? undefined : BigInt(found);
    },
  };
}

function feeOf({ gasUsed, effectiveGasPrice, blobGasUsed, blobGasPrice, l1Fee }: RawReceipt): Money {
  return (
    BigInt(gasUsed) * BigInt(effectiveGasPrice) +
    BigInt(blobGasUsed ?? 0) * BigInt(blobGasPrice ?? 0) +
    BigInt(l1Fee ?? 0)
  );
}

function moved({ number, hash }: RawBlock): CairnError {
  return new CairnError(`the chain was reorganised while block ${Number(number)} was read`, {
    code: "no-block",
    kind: "missing",
    details: { which: hash },
  });
}
