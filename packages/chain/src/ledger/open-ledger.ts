import { errorsAbi, eventsAbi } from "@cairn/contracts";
import type { Deployment, Ledger } from "@cairn/core";
import { type Address, addressOfKey, CairnError, type Hex } from "@cairn/protocol";
import type { Abi } from "viem";
import { decodeEvent } from "./events.ts";
import { type Finality, type Heads, openHeads } from "./heads.ts";
import type { FollowerSettings, SenderTurn } from "./outgoing-follower.ts";
import type { OutgoingStore } from "./outgoing-store.ts";
import { contractReads, readDeployment } from "./read-contracts.ts";
import { openLogReader } from "./read-logs.ts";
import { openRpc, type Rpc, type RpcOptions } from "./rpc.ts";
import { createSender, type TransactionSender } from "./transaction-sender.ts";
import { contractWrites, type Submit } from "./write-contracts.ts";

export interface OpenLedgerOptions extends Partial<FollowerSettings>, RpcOptions {
  /** http(s) or ws(s); over ws new heads are told at once. */
  url: string;
  /** What is known of the contracts; their address alone makes the rest be read from them. */
  deployment: Deployment | { deals: Address };
  /** Signs and pays; without it the ledger only reads. */
  key?: Hex;
  /** Where signed transactions are kept; needed with a key. */
  store?: OutgoingStore;
  /** `{kind: "tag"}` unless set. */
  finality?: Finality;
  maxInFlight?: number;
  /** Where several processes sign with a key: which of them looks after what was sent. */
  turnOf?: (key: { chainId: number; sender: Address }) => SenderTurn;
}

/** The Ledger port over an EVM chain. */
export interface EvmLedger extends Ledger {
  readonly rpc: Rpc;
  readonly heads: Heads;
  /** Of the key, where there is one. */
  readonly sender: TransactionSender | undefined;
  /** The same contracts over the same connection, for another key. Its sender ends with this ledger. */
  withKey(key: Hex, store: OutgoingStore): EvmLedger;
  /** Listens where the connection is a WebSocket; elsewhere nothing is ever told. Returns how to stop. */
  onNewHead(listener: () => void): Promise<() => void>;
  /** Stops the senders (what they sent is kept) and the connection. */
  stop(): Promise<void>;
}

/** Enough for a day of 10 s blocks in five calls; `events` reads this many blocks unless told otherwise. */
const EVENT_BLOCKS = 2000;

/** How often chains that do not tell of new blocks are asked. */
const POLL_MILLISECONDS = 500;
const WAIT_MILLISECONDS = 10_000;

/**
 * Open the contracts on a chain. Unfinished transactions of the key are taken up and sent again.
 *
 * @throws CairnError `bad-settings`, `chain-unreachable`, `no-contract`, `wrong-chain`
 */
export async function openLedger(options: OpenLedgerOptions): Promise<EvmLedger> {
  const rpc = openRpc(options.url, options);
  try {
    const chainId = Number(await rpc.request<Hex>("eth_chainId", []));
    const { deployment: given } = options;
    const deployment = "ledger" in given ? given : await readDeployment(rpc, given.deals);
    if (deployment.chainId !== chainId) {
      throw new CairnError(`the contracts are on chain ${deployment.chainId}, and the URL leads to chain ${chainId}`, {
        code: "wrong-chain",
        kind: "conflict",
        details: { expected: deployment.chainId, found: chainId },
        next: "Name the right chain with --chain or CAIRN_CHAIN_URL.",
      });
    }
    const senders: TransactionSender[] = [];
    const ledger = assemble(options, rpc, deployment, senders, senderOf(options, rpc, chainId, senders));
    await ledger.sender?.resume();
    return ledger;
  } catch (error) {
    await rpc.close();
    throw error;
  }
}

function senderOf(
  options: OpenLedgerOptions,
  rpc: Rpc,
  chainId: number,
  senders: TransactionSender[],
): TransactionSender | undefined {
  const { key, store } = options;
  if (key === undefined) return undefined;
  if (store === undefined) throw new Error("a ledger with a key needs a store for what it signs");
  const heads = openHeads(rpc, options.finality);
  const turn = options.turnOf?.({ chainId, sender: addressOfKey(key) });
  const sender = createSender({ ...options, rpc, heads, key, store, chainId, abi: errorsAbi as Abi, turn });
  senders.push(sender);
  return sender;
}

function noKey(): CairnError {
  return new CairnError("this ledger was opened to read, without a key", {
    code: "no-key",
    kind: "conflict",
    next: "Open it with a key that has coins for gas.",
  });
}

function assemble(
  options: OpenLedgerOptions,
  rpc: Rpc,
  deployment: Deployment,
  senders: TransactionSender[],
  sender: TransactionSender | undefined,
): EvmLedger {
  const heads = openHeads(rpc, options.finality);
  const logs = openLogReader(rpc, [deployment.registry, deployment.deals, deployment.ledger]);
  const submit: Submit = async ({ id, until }, call) => {
    if (sender === undefined) throw noKey();
    const { transaction, block, ok, revert } = await sender.submit(id, call, until);
    return { transaction, block, ok, ...(revert === undefined ? {} : { revert }) };
  };
  return {
    deployment,
    rpc,
    heads,
    sender,
    async latest() {
      const { number, hash, timestamp } = await heads.latest();
      return { number, hash, timestamp };
    },
    finalized: () => heads.finalized(),
    present: () => heads.present(),
    async nextBlock(after, signal) {
      const pollMilliseconds = options.pollMilliseconds ?? POLL_MILLISECONDS;
      await rpc.waitForBlock({ number: after + 1, milliseconds: WAIT_MILLISECONDS, pollMilliseconds, signal });
    },
    async blockHash(number) {
      const block = await heads.block(number);
      if (block !== undefined) return block.hash;
      throw new CairnError(`the chain has no block ${number}`, {
        code: "no-block",
        kind: "missing",
        details: { number },
        next: "Use another block: this one is not made yet, or its round was empty.",
      });
    },
    ...contractReads(rpc, deployment),
    gasBalance: async (account) => BigInt(await rpc.request<Hex>("eth_getBalance", [account, "latest"])),
    async events(from, limitBlocks = EVENT_BLOCKS) {
      const head = await heads.finalized();
      const to = Math.min(head.number, from + Math.max(1, limitBlocks) - 1);
      if (to < from) return { events: [], next: from, head };
      const found = await logs.read(from, to);
      const times = await heads.times(found.map((log) => Number(log.blockNumber)));
      const events = found.map((log) => decodeEvent(log, times.get(Number(log.blockNumber)) ?? 0, eventsAbi as Abi));
      return { events: events.filter((event) => event !== undefined), next: to + 1, head };
    },
    ...contractWrites(deployment, submit),
    withKey(key, store) {
      const other = senderOf({ ...options, key, store }, rpc, deployment.chainId, senders);
      return assemble(options, rpc, deployment, senders, other);
    },
    onNewHead: (listener) => rpc.onNewHead(listener),
    async stop() {
      for (const one of senders) one.close();
      await rpc.close();
    },
  };
}
