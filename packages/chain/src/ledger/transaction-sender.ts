import { Semaphore, type SubmissionStage } from "@cairn/core";
import { type Address, addressOfKey, CairnError, type Hex } from "@cairn/protocol";
import { type Call, readTransaction, signTransaction } from "@cairn/protocol/sign-transaction";
import type { Abi } from "viem";
import { currentFees, gasWithMargin } from "./fees.ts";
import type { Block, Heads } from "./heads.ts";
import { type FollowerSettings, LOOK_MS, OutgoingFollower, type SenderTurn, stopping } from "./outgoing-follower.ts";
import type { Outcome, OutgoingAccount, OutgoingStore, OutgoingTransaction } from "./outgoing-store.ts";
import type { Rpc } from "./rpc.ts";
import { refusedError, type SendResult, sendRaw } from "./send-raw.ts";
import { simulate, tooFewCoins } from "./simulate.ts";

/**
 * Sends transactions of one key on one chain. A submission id stands for one transaction that has an effect: it is signed and saved before
 * it is sent, and a repeated id, in this process or after a crash, finds what was saved. What was mined in vain had no effect: the id, submitted
 * again, is tried again, `ATTEMPTS` times at most.
 */
export interface TransactionSender {
  readonly address: Address;
  readonly chainId: number;
  /**
   * Send, and resolve when a finalized block holds it, or with `until` "included" as soon as any block does: it is followed on until it is
   * final, and sent again should a reorganisation drop it, while this sender is open and by the next one. Many may be under way at once. A call that would revert, now and on the next block,
   * is refused before anything is signed; one that reverts when mined resolves with ok = false.
   *
   * @throws CairnError `reverted`, `insufficient-funds`, `transaction-refused`, `chain-unreachable` (kept and sent later), `chain-behind`,
   * `transaction-unknown`, `stopping`
   */
  submit(id: string, call: Call, until?: SubmissionStage): Promise<Outcome>;
  /** Resolves when nothing that was submitted or resumed here is left to be followed. */
  idle(): Promise<void>;
  /** Take up what an earlier process left unfinished; returns how many. Not needed before `submit`, which takes up its own id. */
  resume(): Promise<number>;
  close(): void;
}

export interface SenderOptions extends Partial<FollowerSettings> {
  rpc: Rpc;
  heads: Heads;
  key: Hex;
  chainId: number;
  store: OutgoingStore;
  /** Custom errors of whatever is called. */
  abi: Abi;
  /** Where several processes sign with the key: which of them looks after all that was sent; this one when left out. */
  turn?: SenderTurn | undefined;
  /** How many may wait for a block at once; 64 unless set. */
  maxInFlight?: number;
  /** Longest wait for the block that a refusal is checked on; 35 s (a Filecoin epoch and a little) unless set. */
  refusalSeconds?: number;
}

/** Transactions that one submission may cost in vain: a call that passes its trial each time and fails in a block each time must not eat the coins. */
const ATTEMPTS = 4;
const NONCE_TRIES = 20;
const REFUSAL_MS = 1_000;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

export function createSender(options: SenderOptions): TransactionSender {
  const { rpc, heads, key, chainId, store, abi, turn } = options;
  const address = addressOfKey(key);
  const account: OutgoingAccount = { chainId, sender: address };
  const settings: FollowerSettings = {
    pollMilliseconds: options.pollMilliseconds ?? 500,
    resendSeconds: options.resendSeconds ?? 10,
    replaceSeconds: options.replaceSeconds ?? 60,
    patienceSeconds: options.patienceSeconds ?? 60,
  };
  /** One nonce is given out at a time; places in the pool are limited. */
  const allocation = new Semaphore(1);
  const places = new Semaphore(options.maxInFlight ?? 64);
  const running = new Map<string, Promise<Outcome>>();
  let closed = false;
  const follower = new OutgoingFollower(
    {
      rpc,
      heads,
      store,
      account,
      abi,
      sign: (call, envelope) => signTransaction(call, envelope, key),
      renumber: (...args) => allocation.run(() => renumber(...args)),
      turn,
    },
    settings,
  );

  /** The lowest nonce that neither the chain nor a saved transaction has used. */
  async function freeNonce(): Promise<number> {
    const [count, pending] = await Promise.all([
      rpc.request<string>("eth_getTransactionCount", [address, "latest"]),
      store.pending(account),
    ]);
    const taken = new Set(pending.map(({ nonce }) => nonce));
    let nonce = Number(count);
    while (taken.has(nonce)) nonce++;
    return nonce;
  }

  /** What was signed before has a nonce that is used up: it will never be mined, or was mined in vain. */
  async function renumber(transaction: OutgoingTransaction, head: Block, gas: bigint): Promise<OutgoingTransaction> {
    const { call, envelope } = readTransaction(transaction.raw);
    const nonce = await freeNonce();
    const fees = await currentFees(rpc, head);
    const signed = signTransaction(call, { ...envelope, ...fees, nonce, gas }, key);
    const next = { ...transaction, ...signed, nonce, earlier: [], signedAtBlock: head.number };
    if (await store.update(next, transaction.nonce)) return next;
    // Another process that signs with the key was quicker.
    return (await store.find(account, transaction.id)) ?? next;
  }

  /** What the pool counts against the balance: every saved transaction that no block holds yet, at its highest price. */
  async function committed(): Promise<bigint> {
    const [count, pending] = await Promise.all([
      rpc.request<string>("eth_getTransactionCount", [address, "latest"]).then(Number),
      store.pending(account),
    ]);
    const unmined = pending.filter(({ nonce }) => nonce >= count);
    return unmined.reduce((sum, { raw }) => {
      const { call, envelope } = readTransaction(raw);
      return sum + (call.value ?? 0n) + envelope.gas * envelope.maxFeePerGas;
    }, 0n);
  }

  async function saveAndSend(
    id: string,
    call: Call,
    estimate: bigint,
  ): Promise<{ transaction: OutgoingTransaction; sent: SendResult | undefined }> {
    const head = await heads.latest();
    const [fees, balance, reserved] = await Promise.all([
      currentFees(rpc, head),
      rpc.request<string>("eth_getBalance", [address, "latest"]).then(BigInt),
      committed(),
    ]);
    const gas = gasWithMargin(estimate * BigInt(call.gasFactor ?? 1), head.gasLimit);
    const need = gas * fees.maxFeePerGas + (call.value ?? 0n);
    const have = balance > reserved ? balance - reserved : 0n;
    if (have < need) throw tooFewCoins(address, need, have);
    for (let attempt = 0; attempt < NONCE_TRIES; attempt++) {
      const nonce = await freeNonce();
      const signed = signTransaction(call, { chainId, nonce, gas, ...fees }, key);
      const transaction: OutgoingTransaction = {
        ...account,
        id,
        nonce,
        ...signed,
        earlier: [],
        signedAtBlock: head.number,
      };
      const saved = await store.insert(transaction);
      if (saved === "id-taken") {
        const other = await store.find(account, id);
        if (other !== undefined) return { transaction: other, sent: undefined };
      }
      if (saved === "stored") return { transaction, sent: await firstSend(transaction, need, have) };
      await pause(settings.pollMilliseconds);
    }
    throw new CairnError(`the chain counts fewer transactions of ${address} than were mined`, {
      code: "chain-behind",
      kind: "unavailable",
      next: "Wait until the node has caught up; if the chain was started anew, start with a new home too.",
    });
  }

  /** While no later nonce was given out, what the node refuses for good can be taken back. */
  async function firstSend(transaction: OutgoingTransaction, need: bigint, have: bigint): Promise<SendResult> {
    const sent = await sendRaw(rpc, transaction.raw);
    if (sent.kind !== "refused" && sent.kind !== "unfunded") return sent;
    await store.remove(account, transaction.id);
    throw sent.kind === "unfunded" ? tooFewCoins(address, need, have) : refusedError(transaction.id, sent.error);
  }

  /**
   * Gas that a call takes. Nodes try it on the state, the time and the block hashes of their last block, some even when asked for the pending
   * one, while it is to be mined in a later block: a refusal stands when the next block has given it too.
   */
  async function tryOut(call: Call): Promise<bigint> {
    const before = await heads.latest();
    try {
      return await simulate(rpc, address, call, abi);
    } catch (error) {
      if (!(error instanceof CairnError) || error.code !== "reverted") throw error;
    }
    const end = performance.now() + (options.refusalSeconds ?? 35) * 1000;
    const next = { number: before.number + 1, milliseconds: REFUSAL_MS, pollMilliseconds: settings.pollMilliseconds };
    // A chain of ours tries calls at the present time, and makes blocks when there is work: it needs no longer.
    while (!closed && !(await rpc.waitForBlock(next)) && performance.now() < end)
      if ((await heads.latest()).number !== before.number) break;
    return simulate(rpc, address, call, abi);
  }

  async function run(submission: string, call: Call, until: SubmissionStage): Promise<Outcome> {
    const { id, known } = await newestAttempt(submission);
    if (known?.outcome !== undefined) return known.outcome;
    if (known !== undefined) {
      follower.follow(known, undefined);
      return follower.outcome(id, until);
    }
    return places.run(async () => {
      if (closed) throw stopping();
      const estimate = await tryOut(call);
      const { transaction, sent } = await allocation.run(() => saveAndSend(id, call, estimate));
      if (transaction.outcome !== undefined) return transaction.outcome;
      follower.follow(transaction, sent);
      return follower.outcome(id, until);
    });
  }

  /** The attempt that counts of a submission: the first that was not mined in vain, or the last that it may have. */
  async function newestAttempt(submission: string) {
    for (let attempt = 1; ; attempt++) {
      const id = attempt === 1 ? submission : `${submission}#${attempt}`;
      const known = await store.find(account, id);
      if (known?.outcome?.ok !== false || attempt === ATTEMPTS) return { id, known };
    }
  }

  async function resume(): Promise<number> {
    const pending = await store.pending(account);
    for (const transaction of pending) follower.follow(transaction, undefined);
    return pending.length;
  }

  /** What another process handed over by saving it, or left behind. */
  const takeOver = async () => {
    if (!closed && (await turn?.isOurs())) await resume();
  };
  const taking =
    turn === undefined ? undefined : setInterval(() => void takeOver().catch(() => undefined), LOOK_MS).unref();

  return {
    address,
    chainId,
    submit(id, call, until = "finalized") {
      const key = `${until} ${id}`;
      const underway = running.get(key);
      if (underway !== undefined) return underway;
      const outcome = run(id, call, until).finally(() => running.delete(key));
      running.set(key, outcome);
      return outcome;
    },
    idle: () => follower.idle(),
    resume,
    close() {
      closed = true;
      clearInterval(taking);
      follower.close();
    },
  };
}
