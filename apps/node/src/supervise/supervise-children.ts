import { setTimeout as sleep } from "node:timers/promises";
import { processIdentity } from "@cairn/process";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { watchChildren } from "./child-watcher.ts";
import { endLeftovers, recordChildren } from "./leftover-children.ts";
import type { RunningUnit, Unit, UnitExit } from "./unit.ts";

export type UnitEvent = { name: string } & (
  | { event: "ready"; pid: number; restarts: number }
  | ({
      event: "ended";
      pid: number;
      asked: boolean;
      ready?: Record<string, unknown>;
      restartsInMilliseconds?: number;
    } & UnitExit)
  | { event: "start-failed"; error: CairnError; restartsInMilliseconds: number }
  | { event: "leftover-ended" }
  /** Which children run could not be noted. */
  | { event: "unrecorded"; error: CairnError }
);

export interface SuperviseOptions {
  /** Where to note the running children for the next supervisor: a file in the home. */
  record: string;
  onEvent?: (event: UnitEvent) => void;
  /** Pause before a restart: the first, doubled each time up to the longest, and begun anew after a run of `steady`. */
  pauses?: { first: number; longest: number; steady: number };
}

export interface SupervisedUnit {
  name: string;
  state: "running" | "waiting" | "ended";
  pid?: number;
  ready?: Record<string, unknown>;
  restarts: number;
}

export interface Supervisor {
  /** Start units together and wait until all are ready. When one is not, those of this call are stopped and its error is thrown. */
  start(...units: Unit[]): Promise<Record<string, unknown>[]>;
  units(): SupervisedUnit[];
  /** Stop one, for good. */
  stopUnit(name: string): Promise<void>;
  /** Stop everything, the last started first; what has not ended after 4 s is killed. Idempotent. */
  stop(): Promise<void>;
}

/** Of the 5 s that a stop may take. */
const STOP_MILLISECONDS = 4_000;
const PAUSES = { first: 200, longest: 10_000, steady: 30_000 };

interface Entry {
  unit: Unit;
  /** Of the process that runs or starts. */
  pid: number | undefined;
  running: RunningUnit | undefined;
  restarts: number;
  pause: number;
  /** Aborted when it shall not run any more. */
  over: AbortController;
  /** Settles when it has ended for good. */
  finished: Promise<void>;
}

/**
 * Keep units running: start them in tiers, restart those marked so with a growing pause, stop them in reverse order. Children of a
 * killed predecessor are ended first. When this process is killed, its children end by themselves or are killed 5 s later.
 */
export async function superviseChildren(options: SuperviseOptions): Promise<Supervisor> {
  const emit = options.onEvent ?? (() => undefined);
  const pauses = options.pauses ?? PAUSES;
  for (const name of await endLeftovers(options.record)) emit({ name, event: "leftover-ended" });
  const watcher = watchChildren();
  const tiers: Entry[][] = [];
  let stopping: Promise<void> | undefined;

  const entries = () => tiers.flat();
  function note(): void {
    const children = entries().flatMap(({ unit, pid }) => {
      const identity = pid === undefined ? undefined : processIdentity(pid);
      return identity ? [{ name: unit.name, ...identity }] : [];
    });
    watcher.update(children);
    record(children);
  }

  /** The record is for a successor of a killed process, and children end by themselves then: a full disk must not end them now. */
  function record(children: Parameters<typeof recordChildren>[1]): void {
    try {
      recordChildren(options.record, children);
    } catch (error) {
      emit({ name: "children.json", event: "unrecorded", error: asCairnError(error) });
    }
  }

  async function begin(entry: Entry): Promise<RunningUnit> {
    const use = (pid: number | undefined) => {
      if (entry.pid === pid) return;
      entry.pid = pid;
      note();
    };
    try {
      const running = await entry.unit.start(entry.over.signal, use);
      entry.running = running;
      use(running.pid);
      if (entry.over.signal.aborted) await running.stop(1_000);
      else emit({ name: entry.unit.name, event: "ready", pid: running.pid, restarts: entry.restarts });
      return running;
    } catch (error) {
      use(undefined);
      throw error;
    }
  }

  /** The pause before the next start, or undefined when there is none. */
  function nextPause(entry: Entry): number | undefined {
    if (!entry.unit.restart || entry.over.signal.aborted) return undefined;
    const pause = entry.pause;
    entry.pause = Math.min(pause * 2, pauses.longest);
    return pause;
  }

  async function keep(entry: Entry, first: RunningUnit): Promise<void> {
    const { name } = entry.unit;
    let running: RunningUnit | undefined = first;
    let began = performance.now();
    for (;;) {
      let pause: number | undefined;
      if (running) {
        const exit = await running.exited;
        entry.running = undefined;
        entry.pid = undefined;
        note();
        if (performance.now() - began > pauses.steady) entry.pause = pauses.first;
        pause = nextPause(entry);
        const next = pause === undefined ? {} : { restartsInMilliseconds: pause };
        const { pid, ready } = running;
        emit({ name, event: "ended", pid, ready, asked: entry.over.signal.aborted, ...exit, ...next });
      } else {
        pause = nextPause(entry);
      }
      if (pause === undefined) return;
      await sleep(pause, undefined, { signal: entry.over.signal }).catch(() => undefined);
      if (entry.over.signal.aborted) return;
      entry.restarts++;
      began = performance.now();
      try {
        running = await begin(entry);
      } catch (error) {
        running = undefined;
        if (entry.over.signal.aborted) return;
        emit({ name, event: "start-failed", error: asCairnError(error), restartsInMilliseconds: entry.pause });
      }
    }
  }

  async function end(entry: Entry, milliseconds: number): Promise<void> {
    entry.over.abort();
    await entry.running?.stop(milliseconds);
    await entry.finished;
  }

  async function stopAll(): Promise<void> {
    const deadline = performance.now() + STOP_MILLISECONDS;
    for (const entry of entries()) entry.over.abort();
    for (const tier of tiers.toReversed()) {
      await Promise.all(tier.map((entry) => end(entry, Math.max(0, deadline - performance.now()))));
    }
    record([]);
    watcher.close();
  }

  return {
    async start(...units) {
      const taken = units.find(({ name }) => entries().some((entry) => entry.unit.name === name));
      if (taken || stopping) {
        throw new CairnError(taken ? `${taken.name} runs already` : "the supervisor is stopping", {
          code: taken ? "unit-exists" : "stopping",
          kind: "conflict",
        });
      }
      const tier = units.map(
        (unit): Entry => ({
          unit,
          pid: undefined,
          running: undefined,
          restarts: 0,
          pause: pauses.first,
          over: new AbortController(),
          finished: Promise.resolve(),
        }),
      );
      tiers.push(tier);
      const started = await Promise.allSettled(
        tier.map((entry) => {
          const begun = begin(entry);
          entry.finished = begun.then(
            (running) => keep(entry, running),
            () => undefined,
          );
          return begun.then(({ ready }) => ready);
        }),
      );
      const failure = started.find((result) => result.status === "rejected");
      if (failure) {
        await Promise.all(tier.map((entry) => end(entry, STOP_MILLISECONDS)));
        tiers.splice(tiers.indexOf(tier), 1);
        throw failure.reason;
      }
      return started.map((result) => (result as PromiseFulfilledResult<Record<string, unknown>>).value);
    },

    units: () =>
      entries().map(({ unit, running, restarts, over }) => ({
        name: unit.name,
        state: running ? "running" : unit.restart && !over.signal.aborted ? "waiting" : "ended",
        ...(running ? { pid: running.pid, ready: running.ready } : {}),
        restarts,
      })),

    async stopUnit(name) {
      const entry = entries().find(({ unit }) => unit.name === name);
      if (entry) await end(entry, STOP_MILLISECONDS);
    },

    stop() {
      stopping ??= stopAll();
      return stopping;
    },
  };
}
