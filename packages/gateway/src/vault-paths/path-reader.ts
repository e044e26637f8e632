import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Clock } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import { FRAMES, type Frame, framesOf } from "./frames.ts";
import type { ListedFolder, ReadRequest } from "./read-request.ts";

const READER = fileURLToPath(new URL("./reader-main.ts", import.meta.url));
/** No single call of a file system that works takes as long, a disk that must spin up or a folder of a million names included. */
const STALL_SECONDS = 30;
/** What is left when all is read is the processor's work: the list of files, encrypted. */
const FINISH_SECONDS = 900;
/** Processes at once; those that a dead file system keeps from ending count until they have ended. */
const MOST_READERS = 16;
/** Of the gateway's environment: its secrets are none of a reader's. */
const PASSED = ["PATH", "LANG", "TMPDIR", "NODE_COMPILE_CACHE", "CAIRN_BUNDLES"];

export interface PathReaderOptions {
  clock: Pick<Clock, "sleep">;
  stallSeconds?: number;
  mostReaders?: number;
  /** What is run instead of the reader, for tests. */
  program?: string;
}

/** Reads folders of this machine by processes that can be killed: whatever the file system does, no thread of this process waits for it. */
export class PathReader {
  readonly #options: PathReaderOptions;
  readonly #alive = new Set<ChildProcess>();

  constructor(options: PathReaderOptions) {
    this.#options = options;
  }

  /** Ids of the processes that have not ended. */
  get processes(): number[] {
    return [...this.#alive].flatMap(({ pid }) => pid ?? []);
  }

  /** @throws CairnError `path-stalled`, `path-not-allowed`, `unreadable-path`, `busy` */
  async list(request: Omit<ReadRequest & { kind: "list" }, "kind">, signal: AbortSignal): Promise<ListedFolder> {
    const parts: Buffer[] = [];
    for await (const { type, bytes } of this.read({ ...request, kind: "list" }, signal))
      if (type === FRAMES.result) parts.push(bytes);
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as ListedFolder;
  }

  /**
   * What a reader says, to its `end`; the process is over when this is left.
   * @throws CairnError `path-stalled` where nothing comes for too long while it is waited for, `busy`, and what the reader throws
   */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<Frame> {
    if (this.#alive.size >= (this.#options.mostReaders ?? MOST_READERS)) throw busy();
    const child = this.#start(request);
    try {
      const frames = framesOf(child.stdio[3] as Readable);
      let seconds = this.#options.stallSeconds ?? STALL_SECONDS;
      for (;;) {
        const step = await this.#within(frames.next(), { seconds, signal, path: request.path });
        if (step.done) throw new Error("a reader ended before it was done");
        const { type, bytes } = step.value;
        if (type === FRAMES.error) throw CairnError.fromJSON(JSON.parse(bytes.toString("utf8")));
        if (type === FRAMES.tick && JSON.parse(bytes.toString("utf8")).isRead === true) seconds = FINISH_SECONDS;
        yield step.value;
        if (type === FRAMES.end) return;
      }
    } finally {
      child.kill("SIGKILL");
      (child.stdio[3] as Readable).destroy();
    }
  }

  #start(request: ReadRequest): ChildProcess {
    const env = Object.fromEntries(PASSED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", this.#options.program ?? READER], {
      env,
      cwd: "/",
      stdio: ["pipe", "ignore", "inherit", "pipe"],
    });
    this.#alive.add(child);
    const gone = () => this.#alive.delete(child);
    child.once("exit", gone).once("error", gone);
    child.stdin?.on("error", () => undefined).end(JSON.stringify(request));
    child.stdio[3]?.on("error", () => undefined);
    return child;
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

function busy(): CairnError {
  return new CairnError("the gateway reads as many folders of its machine as it can", {
    code: "busy",
    kind: "unavailable",
    next: "Try again in a moment. If it stays so, a drive of the gateway's machine is stuck: its operator should see to it.",
  });
}
