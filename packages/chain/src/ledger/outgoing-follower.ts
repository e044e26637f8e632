import type { SubmissionStage } from "@cairn/core";
import { asCairnError, CairnError } from "@cairn/protocol";
import { type Call, type Envelope, readTransaction } from "@cairn/protocol/sign-transaction";
import type { Abi } from "viem";
import { conclude, type Receipt, ranOutOfGas, receiptOf } from "./conclude.ts";
import { currentFees, raisedFees } from "./fees.ts";
import type { Block, Heads } from "./heads.ts";
import { toQuantity } from "./heads.ts";
import type { Outcome, OutgoingAccount, OutgoingStore, OutgoingTransaction } from "./outgoing-store.ts";
import type { Rpc } from "./rpc.ts";
import { refusedError, type SendResult, sendRaw } from "./send-raw.ts";

export interface FollowerSettings {
  pollMilliseconds: number;
  /** How long a sent transaction may stay unmined before it is sent again as it is: pools forget. */
  resendSeconds: number;
  /** How long the next one in line may stay unmined before it is signed again at a higher fee. */
  replaceSeconds: number;
  /** How long the chain may stay unreachable, or keep refusing one transaction, before those who wait are told. */
  patienceSeconds: number;
}

/**
 * Whose turn it is to look after what was sent with a key that several processes sign with: to send again, raise fees, give new nonces and note
 * outcomes. The others save and send once what they sign, and read how it ends.
 */
export interface SenderTurn {
  isOurs(): Promise<boolean>;
}

export interface FollowerContext {
  rpc: Rpc;
  heads: Heads;
  store: OutgoingStore;
  account: OutgoingAccount;
  abi: Abi;
  sign: (call: Call, envelope: Envelope) => { raw: OutgoingTransaction["raw"]; hash: OutgoingTransaction["hash"] };
  /** Sign and save anew under a fresh nonce; the sender's allocation, one at a time. */
  renumber: (transaction: OutgoingTransaction, head: Block, gas: bigint) => Promise<OutgoingTransaction>;
  /** This process's always when left out. */
  turn?: SenderTurn | undefined;
}

interface Followed {
  transaction: OutgoingTransaction;
  /** In milliseconds of the process's monotonic time, as every moment here: a clock that is set back delays nothing. */
  sentAt: number;
  signedAt: number;
  underpriced: boolean;
  refusedSince: number | undefined;
  /** How many rounds in a row its nonce was used and no receipt was there. */
  missing: number;
  waiters: Waiter[];
}

interface Waiter {
  until: SubmissionStage;
  resolve: (outcome: Outcome) => void;
  reject: (error: Error) => void;
}

const NEVER = Number.NEGATIVE_INFINITY;
/** Rounds that a load-balanced node may be behind itself. */
const MISSING_ROUNDS = 5;
/** What is not mined is looked after this often at the latest: pools forget, fees rise. */
export const LOOK_MS = 2_000;
/** Filecoin's public nodes keep receipts of about 2,000 epochs: beyond, the absence of one proves nothing. */
const RECEIPT_BLOCKS = 1800;

export function stopping(): CairnError {
  return new CairnError("the sender of transactions was closed", {
    code: "stopping",
    kind: "unavailable",
    next: "Submit it again under the same id: what was sent is known.",
  });
}

function takenBack(id: string): CairnError {
  return new CairnError(`the transaction ${id} was taken back: no node accepted it`, {
    code: "transaction-refused",
    kind: "unavailable",
    next: "Submit it again.",
    details: { submission: id },
  });
}

/** Follows sent transactions until a finalized block holds them: sends again what pools forgot, raises fees, notices lost nonces. */
export class OutgoingFollower {
  readonly #context: FollowerContext;
  readonly #settings: FollowerSettings;
  readonly #followed = new Map<string, Followed>();
  readonly #stop = new AbortController();
  #running = false;
  /** Whether something is to be sent now. */
  #urgent = false;
  #wake: () => void = () => undefined;
  /** The newest block when it was last looked. */
  #seen = 0;
  #failingSince: number | undefined;
  /** Whether it was this process's turn when it was last looked. */
  #wasOurs: boolean;
  #idle: (() => void)[] = [];

  constructor(context: FollowerContext, settings: FollowerSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#wasOurs = context.turn === undefined;
  }

  get size(): number {
    return this.#followed.size;
  }

  /** Take one up; `sent` tells what the node made of it just now, undefined makes it be sent in the next round. */
  follow(transaction: OutgoingTransaction, sent: SendResult | undefined): void {
    if (this.#followed.has(transaction.id)) return;
    const now = performance.now();
    this.#followed.set(transaction.id, {
      transaction,
      sentAt: sent === undefined ? NEVER : now,
      signedAt: now,
      underpriced: sent?.kind === "underpriced",
      refusedSince: undefined,
      missing: 0,
      waiters: [],
    });
    if (sent === undefined) {
      this.#urgent = true;
      this.#wake();
    }
    void this.#run();
  }

  /** The outcome of one that is followed: once final, or as the block has it that holds it now. */
  async outcome(id: string, until: SubmissionStage = "finalized"): Promise<Outcome> {
    if (this.#stop.signal.aborted) throw stopping();
    const followed = this.#followed.get(id);
    if (followed === undefined) throw new Error(`transaction ${id} is not followed`);
    return new Promise((resolve, reject) => followed.waiters.push({ until, resolve, reject }));
  }

  /** Resolves when nothing is followed any more, or this follower is closed. */
  async idle(): Promise<void> {
    if (this.#followed.size > 0 && !this.#stop.signal.aborted)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #noteIdle(): void {
    if (this.#followed.size > 0 && !this.#stop.signal.aborted) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  close(): void {
    this.#stop.abort();
    for (const id of [...this.#followed.keys()]) this.#fail(id, stopping());
    this.#noteIdle();
  }

  /** Looks after what is followed until nothing is: at once when something is to be sent, else when there is a new block. */
  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (!this.#stop.signal.aborted && this.#followed.size > 0) await this.#round();
    this.#running = false;
    this.#noteIdle();
  }

  async #quiet(): Promise<void> {
    const { pollMilliseconds } = this.#settings;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const signal = AbortSignal.any([this.#stop.signal, woken.signal]);
    const milliseconds = Math.max(pollMilliseconds, LOOK_MS);
    await this.#context.rpc.waitForBlock({ number: this.#seen + 1, milliseconds, pollMilliseconds, signal });
  }

  async #round(): Promise<void> {
    try {
      if (!this.#urgent) await this.#quiet();
      this.#urgent = false;
      if (this.#stop.signal.aborted) return;
      await this.#look();
      this.#failingSince = undefined;
    } catch (thrown) {
      this.#failingSince ??= performance.now();
      if (performance.now() - this.#failingSince > this.#settings.patienceSeconds * 1000) {
        const error = asCairnError(thrown);
        for (const id of [...this.#followed.keys()]) this.#fail(id, error);
      }
      await new Promise<void>((resolve) => setTimeout(resolve, this.#settings.pollMilliseconds));
    }
  }

  async #look(): Promise<void> {
    const { rpc, heads, account, turn } = this.#context;
    const ours = turn === undefined || (await turn.isOurs());
    if (!ours || !this.#wasOurs) await this.#reload();
    this.#wasOurs = ours;
    const [final, head, count] = await Promise.all([
      heads.finalized(),
      heads.latest(),
      rpc.request<string>("eth_getTransactionCount", [account.sender, "latest"]).then(Number),
    ]);
    this.#seen = head.number;
    const inOrder = [...this.#followed.values()].sort((a, b) => a.transaction.nonce - b.transaction.nonce);
    const used = inOrder.filter(({ transaction }) => transaction.nonce < count);
    const receipts = await Promise.all(used.map(({ transaction }) => receiptOf(rpc, transaction)));
    for (const [index, followed] of used.entries()) {
      const receipt = receipts[index];
      if (receipt === undefined) {
        if (ours) await this.#consumed(followed, head, final.number);
      } else if (ours && Number(receipt.blockNumber) <= final.number) await this.#mined(followed, receipt, head);
      else await this.#included(followed, receipt);
    }
    if (!ours) return;
    const unused = inOrder.slice(used.length);
    if (unused[0] !== undefined && unused[0].transaction.nonce > count) await this.#takeUpEarlier(unused[0]);
    for (const followed of unused) await this.#push(followed, followed.transaction.nonce === count, head);
  }

  /** Take over what whoever has the turn, or had it, made of what is followed. */
  async #reload(): Promise<void> {
    for (const followed of [...this.#followed.values()]) await this.#refresh(followed);
  }

  /** Whether it is still pending, and what was known of it is all there is. */
  async #refresh(followed: Followed): Promise<boolean> {
    const { store, account } = this.#context;
    const { id, hash } = followed.transaction;
    const found = await store.find(account, id);
    if (found === undefined) {
      this.#fail(id, takenBack(id));
      return false;
    }
    followed.transaction = found;
    if (found.outcome !== undefined) {
      this.#followed.delete(id);
      for (const { resolve } of followed.waiters) resolve(found.outcome);
      return false;
    }
    if (found.hash === hash) return true;
    followed.missing = 0;
    followed.signedAt = performance.now();
    return false;
  }

  /** A nonce before all of ours is missing: what another process saved under it, and did not live to send, holds ours up. */
  async #takeUpEarlier(first: Followed): Promise<void> {
    if (performance.now() - first.signedAt < this.#settings.resendSeconds * 1000) return;
    const pending = await this.#context.store.pending(this.#context.account);
    for (const transaction of pending)
      if (transaction.nonce < first.transaction.nonce) this.follow(transaction, undefined);
  }

  /** One in a finalized block. Want of gas is no answer of the contract's: it is signed anew with twice as much, as far as a block holds it. */
  async #mined(followed: Followed, receipt: Receipt, head: Block): Promise<void> {
    const { rpc, account, store, abi, renumber } = this.#context;
    const { transaction } = followed;
    const { gas } = readTransaction(transaction.raw).envelope;
    if (ranOutOfGas(receipt, gas) && 2n * gas <= head.gasLimit) {
      this.#restart(followed, await renumber(transaction, head, 2n * gas));
      return;
    }
    const outcome = await conclude(rpc, transaction, receipt, abi);
    await store.finish(account, transaction.id, outcome);
    this.#followed.delete(transaction.id);
    for (const { resolve } of followed.waiters) resolve(outcome);
  }

  /** One in a block that is not final yet. */
  async #included(followed: Followed, receipt: Receipt): Promise<void> {
    const { transaction, waiters } = followed;
    const early = waiters.filter(({ until }) => until === "included");
    // Want of gas is put right by sending it again, once it is final.
    if (early.length === 0 || ranOutOfGas(receipt, readTransaction(transaction.raw).envelope.gas)) return;
    const outcome = await conclude(this.#context.rpc, transaction, receipt, this.#context.abi);
    followed.waiters = waiters.filter((waiter) => !early.includes(waiter));
    for (const { resolve } of early) resolve(outcome);
  }

  #restart(followed: Followed, transaction: OutgoingTransaction): void {
    followed.transaction = transaction;
    followed.missing = 0;
    followed.sentAt = NEVER;
    followed.signedAt = performance.now();
  }

  /** One that is not mined: send it again, dearer when it is its turn and it stays. */
  async #push(followed: Followed, isNext: boolean, head: Block): Promise<void> {
    const now = performance.now();
    const stuck = isNext && now - followed.signedAt > this.#settings.replaceSeconds * 1000;
    if (followed.underpriced || stuck) await this.#replace(followed, head);
    else if (now - followed.sentAt < this.#settings.resendSeconds * 1000) return;
    followed.sentAt = now;
    const result = await sendRaw(this.#context.rpc, followed.transaction.raw);
    followed.underpriced = result.kind === "underpriced";
    if (result.kind !== "refused" && result.kind !== "unfunded") {
      followed.refusedSince = undefined;
      return;
    }
    followed.refusedSince ??= now;
    if (now - followed.refusedSince > this.#settings.patienceSeconds * 1000) {
      this.#fail(followed.transaction.id, refusedError(followed.transaction.id, result.error));
    }
  }

  async #replace(followed: Followed, head: Block): Promise<void> {
    const { transaction } = followed;
    const { call, envelope } = readTransaction(transaction.raw);
    const fees = raisedFees(envelope, await currentFees(this.#context.rpc, head));
    const signed = this.#context.sign(call, { ...envelope, ...fees });
    const next = { ...transaction, ...signed, earlier: [...transaction.earlier, transaction.hash] };
    if (!(await this.#context.store.update(next, transaction.nonce))) {
      await this.#refresh(followed);
      return;
    }
    followed.transaction = next;
    followed.signedAt = performance.now();
  }

  /** Its nonce was used, yet not by it as far as the node says. */
  async #consumed(followed: Followed, head: Block, finalNumber: number): Promise<void> {
    followed.missing++;
    if (followed.missing < MISSING_ROUNDS) return;
    // Another process may have signed it anew, which then is what used the nonce.
    if (!(await this.#refresh(followed))) return;
    const { rpc, account, renumber } = this.#context;
    const settled = await rpc.request<string>("eth_getTransactionCount", [account.sender, toQuantity(finalNumber)]);
    const { transaction } = followed;
    if (Number(settled) <= transaction.nonce) return;
    if (head.number - transaction.signedAtBlock > RECEIPT_BLOCKS) {
      this.#fail(
        transaction.id,
        new CairnError(`whether transaction ${transaction.hash} was mined cannot be told any more`, {
          code: "transaction-unknown",
          kind: "conflict",
          details: { submission: transaction.id, hashes: [transaction.hash, ...transaction.earlier] },
          next: "Look its hashes up in an archive of the chain; use no key in two programs.",
        }),
      );
      return;
    }
    this.#restart(followed, await renumber(transaction, head, readTransaction(transaction.raw).envelope.gas));
  }

  #fail(id: string, error: Error): void {
    const followed = this.#followed.get(id);
    this.#followed.delete(id);
    for (const { reject } of followed?.waiters ?? []) reject(error);
  }
}
