import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PARENT_PIPE, parentPipe } from "@cairn/process";
import { CairnError } from "@cairn/protocol/errors";
import { childEnvironment } from "./child-environment.ts";
import { lastWords, reportedError } from "./last-words.ts";
import { readyLine } from "./ready-line.ts";
import { RotatingLog } from "./rotating-log.ts";
import type { RunningUnit, Unit, UnitExit } from "./unit.ts";

export interface ProcessUnitOptions {
  name: string;
  restart: boolean;
  /** A JavaScript or TypeScript main module, run under this Node. It calls `exitWithParent` first of all. */
  module: string;
  args?: string[];
  /** Of Node and V8, besides those that all our processes have. */
  flags?: readonly string[];
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** Written to its standard input, then closed: the way for secrets, which belong in no argument list. */
  input?: string;
  /** Directory of the log file `NAME.log`. */
  logs: string;
  /** Size at which the log file is renamed and begun anew. */
  logBytes?: number;
  /** How long it may take to say that it is ready, or what it waits for; 120 when absent. */
  readySeconds?: number;
  /** Told what it does, or waits for, until it is ready, in its own words. */
  onProgress?: (text: string) => void;
  /** Told every ten seconds in which it said nothing, with the last words of its log. */
  onSilent?: (name: string, words: string | undefined) => void;
}

/**
 * A small young generation: these processes stream buffers, which V8 would let pile up in a large one. It is collected hundreds of times a GiB and holds next to
 * nothing then: to wake helper threads for that costs more than they do.
 */
const NODE_FLAGS = [
  "--disable-warning=ExperimentalWarning",
  "--max-semi-space-size=4",
  "--no-parallel-scavenge",
  "--no-concurrent-array-buffer-sweeping",
];
/** Nobody waits for longer than this without a word. */
const SILENT_MILLISECONDS = 10_000;
/**
 * glibc keeps freed buffers otherwise: per thread, and more of them the larger they were. Up to 4 MiB a buffer comes from memory that was used before: a mapping
 * of its own for each of 64 KiB and more costs a page fault for every 4 KiB (measured: a fifth of the processor time of a put, at the same peak of memory).
 */
const ALLOCATOR = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "4194304", MALLOC_TRIM_THRESHOLD_: "8388608" };

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(signal === "SIGKILL" ? -child.pid : child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * A child process in a session of its own (Ctrl-C is for the supervisor) that learns from a closed pipe when the supervisor is gone.
 * It is ready when it has printed a line of JSON with `"ready": true`; that object is `RunningUnit.ready`.
 * `start` rejects with the error that the child reported as it ended, else with `child-not-ready` (details.output: its last words).
 */
export function processUnit(options: ProcessUnitOptions): Unit {
  return {
    name: options.name,
    restart: options.restart,
    start: (signal, spawned) => startProcess(options, signal, spawned),
  };
}

async function startProcess(
  options: ProcessUnitOptions,
  abort: AbortSignal,
  spawned: (pid: number) => void,
): Promise<RunningUnit> {
  mkdirSync(options.logs, { recursive: true, mode: 0o700 });
  const log = new RotatingLog(join(options.logs, `${options.name}.log`), options.logBytes);
  const child = spawn(
    process.execPath,
    [...NODE_FLAGS, ...(options.flags ?? []), options.module, ...(options.args ?? [])],
    {
      detached: true,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe", "pipe"],
      env: { ...ALLOCATOR, ...childEnvironment(process.env), ...options.env, [PARENT_PIPE]: parentPipe(3) },
    },
  );
  // A child that ends before it has read everything is reported by its exit.
  child.stdin?.on("error", () => undefined).end(options.input);
  const exited = new Promise<UnitExit>((resolve) => {
    child.once("error", () => {
      log.close();
      resolve({ code: null, signal: null });
    });
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  child.once("close", () => log.close());
  child.stderr?.on("data", (bytes: Buffer) => log.write(bytes));
  void exited.then(() => {
    // A grandchild that lives on would hold the log and the pipe open.
    killGroup(child, "SIGKILL");
    (child.stdio[3] as { destroy?: () => void } | null)?.destroy?.();
  });
  if (child.pid !== undefined) spawned(child.pid);

  const stop = async (graceMilliseconds: number) => {
    killGroup(child, "SIGTERM");
    const force = setTimeout(() => killGroup(child, "SIGKILL"), graceMilliseconds);
    await exited;
    clearTimeout(force);
  };

  const say = options.onProgress ?? (() => undefined);
  let timer: NodeJS.Timeout | undefined;
  let silent: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("it was not ready in time"), (options.readySeconds ?? 120) * 1000);
    silent = setInterval(() => options.onSilent?.(options.name, lastWords(log.tail())), SILENT_MILLISECONDS);
    abort.addEventListener("abort", () => resolve("the start was called off"), { once: true });
  });
  const ready = readyLine(
    (line) => child.stdout?.on("data", line),
    (bytes) => log.write(bytes),
    (text) => {
      timer?.refresh();
      silent?.refresh();
      say(text);
    },
  );
  const first = await Promise.race([
    ready,
    late,
    exited.then(({ code, signal }) => `it ended with ${signal ?? `exit code ${code}`}`),
  ]);
  clearTimeout(timer);
  clearInterval(silent);
  if (typeof first === "object" && child.pid !== undefined) return { pid: child.pid, ready: first, exited, stop };
  await stop(1_000);
  const output = log.tail();
  const reported = reportedError(output);
  const words = reported === undefined ? lastWords(output) : undefined;
  const why = reported?.message ?? `${String(first)}${words === undefined ? "" : `; its last words: ${words}`}`;
  throw new CairnError(`${options.name} did not start: ${why}`, {
    code: reported?.code ?? "child-not-ready",
    kind: reported?.kind ?? "unavailable",
    next: reported?.next ?? `Read ${log.path}.`,
    details: { ...reported?.details, name: options.name, output },
    ...(reported === undefined ? {} : { cause: reported }),
  });
}
