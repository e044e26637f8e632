import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Clock } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import { FRAMES, type Frame, framesOf } from "./frames.ts";
import type { ListedFolder, ReadOrder, ReadRequest } from "./read-request.ts";

const READER = fileURLToPath(new URL("./reader-main.ts", import.meta.url));
/** No single call of a file system that works takes as long, a disk that must spin up or a folder of a million names included. */
const STALL_SECONDS = 30;
/** What is left when all is read is the processor's work: the list of files, encrypted. */
const FINISH_SECONDS = 900;
/** Processes at once; those that a dead file system keeps from ending count until they have ended. */
const MOST_READERS = 16;
/** Of them, those that list: as many as the turns of jobs at once (run-jobs.ts) are left for packing. */
const MOST_LISTINGS = 8;
/** Of them, one account's that are still waited for. */
const LISTINGS_OF_ONE_ACCOUNT = 2;
/** Processes of one of the operator's folders that do not end though they were told to. With as many, it is asked no more until one of them ends. */
const MOST_STUCK_OF_ONE_FOLDER = 3;
/** A process that the kernel can end is gone long before. */
const STUCK_MILLISECONDS = 2000;
/**
 * Megabytes of JavaScript's heap. A listing holds two thousand names at most. To walk 200,000 files takes some 200 MB more than none (peak of the resident memory,
 * tmpfs, Node 24), so that a million and what packing adds find room.
 */
const HEAP_MEGABYTES = { list: 128, pack: 2048 };
/** What Node ends with when its heap is full. */
const HEAP_FULL = "SIGABRT";
/** For a process whose stream is over to be over itself. */
const EXIT_SECONDS = 30;
/** Of the gateway's environment: its secrets are none of a reader's. */
const PASSED = ["PATH", "LANG", "TMPDIR", "NODE_COMPILE_CACHE", "CAIRN_BUNDLES"];

export interface PathReaderOptions {
  clock: Pick<Clock, "sleep" | "monotonic">;
  /** The gateway's own folders, absolute, of which nothing is read. */
  kept: readonly string[];
  stallSeconds?: number;
  mostReaders?: number;
  heapMegabytes?: { list: number; pack: number };
  /** What is run instead of the reader, for tests. */
  program?: string;
}

/** A process that has not ended, and what it is there for. */
interface Reader extends Pick<ReadOrder, "kind" | "folder" | "account"> {
  /** When it was told to end. */
  endedAt?: number;
}

/** Reads folders of this machine by processes that can be killed: whatever the file system does, no thread of this process waits for it. */
export class PathReader {
  readonly #options: PathReaderOptions;
  readonly #alive = new Map<ChildProcess, Reader>();

  constructor(options: PathReaderOptions) {
    this.#options = options;
  }

  /** Ids of the processes that have not ended. */
  get processes(): number[] {
    return [...this.#alive.keys()].flatMap(({ pid }) => pid ?? []);
  }

  /** @throws CairnError `path-stalled`, `path-not-allowed`, `unreadable-path`, `busy` */
  async list(order: Omit<ReadOrder & { kind: "list" }, "kind">, signal: AbortSignal): Promise<ListedFolder> {
    const parts: Buffer[] = [];
    for await (const { type, bytes } of this.read({ ...order, kind: "list" }, signal))
      if (type === FRAMES.result) parts.push(bytes);
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as ListedFolder;
  }

  /**
   * What a reader says, to its `end`; the process is over when this is left.
   * @throws CairnError `path-stalled` where nothing comes for too long while it is waited for, or too many wait for that folder already; `busy`, `folder-too-large`, and what the reader
   * throws
   */
  async *read(order: ReadOrder, signal: AbortSignal): AsyncGenerator<Frame> {
    this.#requirePlace(order);
    const { child, reader } = this.#start(order);
    try {
      const frames = framesOf(child.stdio[3] as Readable);
      let seconds = this.#options.stallSeconds ?? STALL_SECONDS;
      for (;;) {
        const step = await this.#within(frames.next(), { seconds, signal, path: order.path });
        if (step.done) throw await this.#brokenOff(child, order);
        const { type, bytes } = step.value;
        if (type === FRAMES.error) throw CairnError.fromJSON(JSON.parse(bytes.toString("utf8")));
        if (type === FRAMES.tick && JSON.parse(bytes.toString("utf8")).isRead === true) seconds = FINISH_SECONDS;
        yield step.value;
        if (type === FRAMES.end) return;
      }
    } finally {
      reader.endedAt = this.#options.clock.monotonic();
      child.kill("SIGKILL");
      (child.stdio[3] as Readable).destroy();
    }
  }

  #requirePlace({ kind, account, folder, path }: ReadOrder): void {
    const now = this.#options.clock.monotonic();
    const all = [...this.#alive.values()];
    const isStuck = ({ endedAt }: Reader) => endedAt !== undefined && now - endedAt >= STUCK_MILLISECONDS;
    const stuck = all.filter((one) => one.folder === folder && isStuck(one)).length;
    if (stuck >= MOST_STUCK_OF_ONE_FOLDER) throw stuckAlready(path, folder, stuck);
    if (all.length >= (this.#options.mostReaders ?? MOST_READERS)) throw busy();
    if (kind !== "list") return;
    const listings = all.filter((one) => one.kind === "list");
    const own = listings.filter((one) => one.account === account && !isStuck(one)).length;
    if (own >= LISTINGS_OF_ONE_ACCOUNT || listings.length >= MOST_LISTINGS) throw busy();
  }

  #start({ account, ...task }: ReadOrder): { child: ChildProcess; reader: Reader } {
    const { kept, program = READER, heapMegabytes = HEAP_MEGABYTES } = this.#options;
    const env = Object.fromEntries(PASSED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
    const options = ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${heapMegabytes[task.kind]}`];
    const child = spawn(process.execPath, [...options, program], {
      env,
      cwd: "/",
      stdio: ["pipe", "ignore", "inherit", "pipe"],
    });
    const reader: Reader = { kind: task.kind, folder: task.folder, account };
    this.#alive.set(child, reader);
    const gone = () => this.#alive.delete(child);
    child.once("exit", gone).once("error", gone);
    const request: ReadRequest = { ...task, kept };
    child.stdin?.on("error", () => undefined).end(JSON.stringify(request));
    child.stdio[3]?.on("error", () => undefined);
    return { child, reader };
  }

  /** Why a reader's stream ended too early. */
  async #brokenOff(child: ChildProcess, { path, kind }: ReadOrder): Promise<Error> {
    if (child.exitCode === null && child.signalCode === null) {
      const over = new AbortController();
      await Promise.race([
        once(child, "exit", { signal: over.signal }),
        this.#options.clock.sleep(EXIT_SECONDS, over.signal),
      ]).catch(() => undefined);
      over.abort();
    }
    if (child.signalCode !== HEAP_FULL) return new Error("a reader ended before it was done");
    const { [kind]: megabytes } = this.#options.heapMegabytes ?? HEAP_MEGABYTES;
    return new CairnError(`${path} has more in it than the gateway reads at once, with ${megabytes} MB for its names`, {
      code: "folder-too-large",
      kind: "input",
      details: { path },
    });
  }

  /** Only the time counts in which a reader is waited for: one that this process keeps waiting is not silent. */
  async #within<T>(
    work: Promise<T>,
    { seconds, signal, path }: { seconds: number; signal: AbortSignal; path: string },
  ): Promise<T> {
    work.catch(() => undefined);
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const late = this.#options.clock.sleep(seconds, either).then(() => {
      signal.throwIfAborted();
      throw stalled(path, seconds);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([work, late]);
    } finally {
      over.abort();
    }
  }
}

function stalled(path: string, seconds: number): CairnError {
  return new CairnError(`the gateway's machine gave nothing of ${path} for ${seconds} s`, {
    code: "path-stalled",
    kind: "conflict",
    details: { path },
  });
}

function stuckAlready(path: string, folder: string, readers: number): CairnError {
  return new CairnError(
    `the gateway's machine has not answered ${readers} readers of ${folder} yet, and is not asked for ${path}`,
    { code: "path-stalled", kind: "conflict", details: { path } },
  );
}

function busy(): CairnError {
  return new CairnError("the gateway reads as many folders of its machine as it can", {
    code: "busy",
    kind: "unavailable",
    next: "Try again in a moment. If it stays so, a drive of the gateway's machine is stuck: its operator should see to it.",
  });
}
