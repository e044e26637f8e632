import { machineClock } from "@cairn/process";
import { asCairnError, type CairnError } from "@cairn/protocol";
import { createBackOff } from "./back-off.ts";
import type { ContractStore, StoredContract } from "./contract-store.ts";
import type { FarmerEvent } from "./events.ts";
import type { NodeApi } from "./node-api.ts";
import { ContractLost, type Prover } from "./prove.ts";
import {
  type FileHash,
  hashKey,
  type WireChallenge,
  type WireChunk,
  type WireObject,
  type WireReport,
} from "./wire.ts";

/** As the original: no more of them in one request. */
const BATCH = 200;
const PROVERS = 4;
const TICK_MILLISECONDS = 200;
/** Seconds in which proofs gather for one request. */
const GATHER_SECONDS = 1;
/** Part of an interval over which farmers scatter their questions after a window has begun, at most so many seconds. */
const SCATTER = { part: 0.15, longest: 20 };
/** How often a proof may be refused, or a contract left out of an answer, before it is given up. */
const STRIKES = 3;
/** Seconds; and the part of the shortest interval that no pause is longer than, so that a node that comes back is in time. */
const PAUSES = { first: 0.5, longest: 15, part: 0.15 };

type Step =
  /** The present challenge is to be asked for at `at`. */
  | { name: "ask"; at: number }
  | { name: "prove"; challenge: WireObject }
  | { name: "answer"; proof: WireObject; since: number }
  /** In a request or a proof. */
  | { name: "busy" };

interface Held extends StoredContract {
  step: Step;
  /** When the present window ends. */
  due: number;
  answered: boolean;
  strikes: number;
}

export interface ContractKeeper {
  /** Takes stored contracts up again. */
  resume(contracts: readonly StoredContract[]): void;
  /** Takes on chunks that the node has handed out; those of them that are held already keep their files. */
  take(chunks: readonly WireChunk[]): Promise<void>;
  /** Answers for everything until the signal; never rejects. */
  run(): Promise<void>;
  /** Drops everything: the token that it belonged to is gone. */
  forgetAll(reason: string): Promise<void>;
  figures(): {
    contracts: number;
    bytes: number;
    accepted: number;
    missed: number;
    dropped: number;
    nextDue: number | undefined;
    trouble: string | undefined;
  };
  /** Mean seconds between two answers. */
  interval(): number | undefined;
}

export interface KeeperParts {
  api: NodeApi;
  token(): string;
  store: ContractStore;
  prover: Prover;
  /** Called when the node does not know the token any more; resolves when there is another. */
  renew(): Promise<void>;
  tell(event: FarmerEvent): void;
  /** Seconds, going only forward. */
  clock(): number;
  random(): number;
  signal: AbortSignal;
}

/**
 * The life of contracts: ask for the present challenge once a window has begun, prove from the disk, answer in batches, and again. The
 * node's word decides when a contract is over, never the own clock: a node that was away may have moved its windows.
 */
export function keepContracts(parts: KeeperParts): ContractKeeper {
  const { api, store, prover, tell, clock, random, signal } = parts;
  const held = new Map<string, Held>();
  const backOff = createBackOff(PAUSES.first, PAUSES.longest, clock, random);
  const phase = random() * SCATTER.part;
  const counts = { accepted: 0, missed: 0, dropped: 0 };
  const running = new Set<Promise<void>>();
  let trouble: string | undefined;
  let proving = 0;
  /** Contracts to prove, the most urgent last. */
  let queue: Held[] = [];
  let asking = false;
  let answering = false;

  const nextAsk = ({ due, record }: Held): Step => ({
    name: "ask",
    at: due + 0.05 + Math.min(SCATTER.longest, phase * record.interval),
  });

  function open(contract: Held, challenge: WireObject, due: number, answered: boolean): void {
    contract.due = clock() + due;
    contract.answered = answered;
    contract.step = answered ? nextAsk(contract) : { name: "prove", challenge };
  }

  async function drop(contract: Held, reason: string): Promise<void> {
    if (!held.delete(hashKey(contract.record.hash))) return;
    const missed = /expired/.test(reason);
    counts.dropped++;
    if (missed) counts.missed++;
    await store.remove(contract.name);
    tell({ event: "dropped", hash: contract.record.hash, reason, missed });
  }

  /** A request failed: everything in it is tried again after a pause, from the question on. */
  async function setBack(contracts: readonly Held[], thrown: unknown): Promise<void> {
    for (const contract of contracts) contract.step = { name: "ask", at: clock() };
    if (signal.aborted) return;
    const error = asCairnError(thrown);
    if (error.code === "no-such-token") return parts.renew();
    waitFor(error);
  }

  function waitFor(error: CairnError): void {
    const shortest = [...held.values()].reduce(
      (least, { record }) => Math.min(least, record.interval),
      PAUSES.longest / PAUSES.part,
    );
    const seconds = backOff.failed(Math.max(1, PAUSES.part * shortest));
    trouble = error.message;
    tell({ event: "waiting", reason: error.message, seconds });
  }

  async function ask(contracts: readonly Held[]): Promise<void> {
    let answers: WireChallenge[];
    try {
      answers = await api.challenges(
        parts.token(),
        contracts.map(({ record }) => record.hash),
      );
    } catch (error) {
      return setBack(contracts, error);
    }
    succeed();
    const byHash = new Map(answers.map((answer) => [hashKey(answer.hash), answer]));
    for (const contract of contracts) {
      const answer = byHash.get(hashKey(contract.record.hash));
      if (answer === undefined) await strike(contract, "the node does not speak of it");
      else if (answer.outcome === "over") await drop(contract, answer.reason);
      else open(contract, answer.challenge, answer.due, answer.answered);
    }
  }

  async function strike(contract: Held, reason: string): Promise<void> {
    contract.strikes++;
    if (contract.strikes >= STRIKES) await drop(contract, reason);
    else contract.step = { name: "ask", at: clock() + 0.5 };
  }

  function succeed(): void {
    backOff.succeeded();
    trouble = undefined;
  }

  async function prove(contract: Held, challenge: WireObject): Promise<void> {
    contract.step = { name: "busy" };
    proving++;
    try {
      const proof = await prover.prove(contract, challenge, (reason) =>
        tell({ event: "restored", hash: contract.record.hash, reason }),
      );
      contract.step = { name: "answer", proof, since: clock() };
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ContractLost) return await drop(contract, error.message);
      contract.step = { name: "ask", at: clock() + PAUSES.longest / 2 };
      tell({ event: "waiting", reason: (error as Error).message, seconds: PAUSES.longest / 2 });
    } finally {
      proving--;
      proveNext();
    }
  }

  /** Keep all provers busy: another proof begins as one ends, not at the next tick. */
  function proveNext(): void {
    while (proving < PROVERS && !signal.aborted) {
      const contract = queue.pop();
      if (contract === undefined) return;
      if (contract.step.name === "prove") start([contract], prove(contract, contract.step.challenge));
    }
  }

  async function answer(contracts: readonly Held[], proofs: { hash: FileHash; proof: WireObject }[]): Promise<void> {
    for (const contract of contracts) contract.step = { name: "busy" };
    let report: WireReport[];
    try {
      report = await api.answer(parts.token(), proofs);
    } catch (error) {
      return setBack(contracts, error);
    }
    succeed();
    let accepted = 0;
    const byHash = new Map(report.map((line) => [hashKey(line.hash), line]));
    for (const contract of contracts) {
      const line = byHash.get(hashKey(contract.record.hash));
      if (line === undefined) await strike(contract, "the node does not speak of it");
      else if (line.error === undefined || /already answered/.test(line.error)) {
        if (line.error === undefined) accepted++;
        contract.answered = true;
        contract.strikes = 0;
        contract.step = nextAsk(contract);
      } else if (/expired|not found/.test(line.error)) await drop(contract, line.error);
      else {
        // What is on the disk may have changed since it was read whole.
        prover.doubt(contract);
        await strike(contract, line.error);
      }
    }
    counts.accepted += accepted;
    tell({ event: "answers", accepted, refused: contracts.length - accepted });
  }

  function start(contracts: readonly Held[], work: Promise<void>): void {
    const done = work.catch((error) => {
      if (signal.aborted) return;
      for (const contract of contracts) contract.step = { name: "ask", at: clock() + PAUSES.first };
      waitFor(asCairnError(error));
    });
    running.add(done);
    void done.finally(() => running.delete(done));
  }

  function step(): void {
    const now = clock();
    const due: Held[] = [];
    const toProve: Held[] = [];
    const toAnswer: { contract: Held; proof: WireObject }[] = [];
    let pressing = false;
    for (const contract of held.values()) {
      const current = contract.step;
      if (current.name === "ask" && current.at <= now) due.push(contract);
      else if (current.name === "prove" || current.name === "answer") {
        // The window closed before there was an answer, as when the node was away: what it says now decides.
        if (contract.due <= now) contract.step = { name: "ask", at: now };
        else if (current.name === "prove") toProve.push(contract);
        else {
          toAnswer.push({ contract, proof: current.proof });
          pressing ||= current.since + Math.min(GATHER_SECONDS, (contract.due - current.since) / 8) <= now;
        }
      }
    }
    queue = toProve.sort((a, b) => b.due - a.due);
    proveNext();
    if (!backOff.ready()) return;
    if (due.length > 0 && !asking) {
      const batch = due.sort((a, b) => a.due - b.due).slice(0, BATCH);
      for (const contract of batch) contract.step = { name: "busy" };
      asking = true;
      start(
        batch,
        ask(batch).finally(() => {
          asking = false;
        }),
      );
    }
    if (!answering && (pressing || toAnswer.length >= BATCH)) {
      const first = toAnswer.sort((a, b) => a.contract.due - b.contract.due).slice(0, BATCH);
      const batch = first.map(({ contract }) => contract);
      const proofs = first.map(({ contract, proof }) => ({ hash: contract.record.hash, proof }));
      answering = true;
      start(
        batch,
        answer(batch, proofs).finally(() => {
          answering = false;
        }),
      );
    }
  }

  return {
    resume(contracts) {
      for (const contract of contracts) {
        held.set(hashKey(contract.record.hash), {
          ...contract,
          step: { name: "ask", at: clock() },
          due: clock(),
          answered: false,
          strikes: 0,
        });
      }
    },

    async take(chunks) {
      const arrived = clock();
      let bytes = 0;
      for (const chunk of chunks) {
        const { hash, size, seed, url } = chunk;
        const record = { hash, size, seed, ...(url === undefined ? {} : { url }), interval: Math.max(1, chunk.due) };
        const stored = await store.add(record, chunk.tag);
        const contract: Held = { ...stored, step: { name: "busy" }, due: 0, answered: false, strikes: 0 };
        open(contract, chunk.challenge, chunk.due - (clock() - arrived), false);
        held.set(hashKey(hash), contract);
        bytes += size;
      }
      if (chunks.length === 0) return;
      const total = [...held.values()].reduce((sum, { record }) => sum + record.size, 0);
      tell({ event: "contracts", added: chunks.length, bytes, contracts: held.size, total });
    },

    async run() {
      while (!signal.aborted) {
        step();
        await pause(TICK_MILLISECONDS, signal);
      }
      await Promise.all(running);
    },

    async forgetAll(reason) {
      for (const contract of [...held.values()]) await drop(contract, reason);
    },

    figures() {
      const now = clock();
      let bytes = 0;
      let nextDue: number | undefined;
      for (const { record, due, answered } of held.values()) {
        bytes += record.size;
        const left = due + (answered ? record.interval : 0) - now;
        if (nextDue === undefined || left < nextDue) nextDue = left;
      }
      return {
        contracts: held.size,
        bytes,
        ...counts,
        nextDue: nextDue === undefined ? undefined : Math.max(0, nextDue),
        trouble,
      };
    },

    interval() {
      if (held.size === 0) return undefined;
      return [...held.values()].reduce((sum, { record }) => sum + record.interval, 0) / held.size;
    },
  };
}

/** Resolves after a time, or at once when the signal comes. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  machineClock.sleep(milliseconds / 1000, signal);
