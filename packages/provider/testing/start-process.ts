import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { PARENT_PIPE, parentPipe } from "@cairn/process";
import type { Address } from "@cairn/protocol";
import { PROVIDER_MAIN } from "../src/program.ts";

const LIAR_MAIN = fileURLToPath(new URL("./liar-main.ts", import.meta.url));

export interface ProviderProcess {
  provider: Address;
  child: ChildProcess;
  directory: string;
  /** Every line that it logged, parsed. */
  lines: Record<string, unknown>[];
  /** Resident memory now, in bytes. */
  memory(): Promise<number>;
  /** SIGKILL, and wait. */
  kill(): Promise<void>;
  /** SIGTERM, and wait; gives the exit code. */
  stop(): Promise<number | null>;
}

export interface ProcessOptions {
  directory: string;
  gateways: string[];
  capacity?: bigint;
  /** Start this liar instead. */
  liar?: string;
  /** Most bytes of any file that it may write: a disk that is full. */
  fileLimit?: number;
  /** Any other option of `optionsFromJson`. */
  more?: Record<string, unknown>;
}

/** A provider as it runs elsewhere: a process of its own. Resolves once it is connected. */
export async function startProviderProcess(options: ProcessOptions): Promise<ProviderProcess> {
  const { directory } = options;
  await mkdir(directory, { recursive: true });
  const config = join(directory, "config.json");
  const settings = {
    directory,
    gateways: options.gateways,
    capacity: String(options.capacity ?? 1n << 32n),
    price: String(10n ** 13n),
    diskMarginBytes: 0,
    ...options.more,
  };
  await writeFile(config, JSON.stringify(settings));
  const program = options.liar === undefined ? [PROVIDER_MAIN] : [LIAR_MAIN, options.liar];
  const command = [process.execPath, "--disable-warning=ExperimentalWarning", ...program, config];
  // A write beyond the limit fails with EFBIG, as the signal that would come with it is ignored.
  const limit =
    options.fileLimit === undefined ? "" : `trap '' XFSZ; ulimit -f ${Math.floor(options.fileLimit / 1024)};`;
  const [first = "", ...rest] = limit === "" ? command : ["bash", "-c", `${limit} exec "$@"`, "provider", ...command];
  const child = spawn(first, rest, {
    // The fourth is how it learns that a test ended without stopping it.
    stdio: ["ignore", "pipe", "inherit", "pipe"],
    env: { ...process.env, [PARENT_PIPE]: parentPipe(3) },
  });
  const killWithUs = () => child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  void exited.then(() => process.off("exit", killWithUs));
  const lines: Record<string, unknown>[] = [];
  const ready = Promise.withResolvers<Address>();
  void exited.then((code) => ready.reject(new Error(`the provider exited with ${code}: ${JSON.stringify(lines)}`)));
  createInterface({ input: child.stdout as Readable }).on("line", (line) => {
    const parsed = JSON.parse(line) as Record<string, unknown>;
    lines.push(parsed);
    if (process.env.CAIRN_TEST_LOG) process.stderr.write(`${line}\n`);
    if (parsed.ready === true) ready.resolve(parsed.provider as Address);
  });
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    provider: await ready.promise,
    child,
    directory,
    lines,
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
    },
    async kill() {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
  };
}
