import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CairnClient, type PackageDetailJson } from "@cairn/client";
import { homeAt, homeToken } from "../../src/home/home.ts";
import { findRunning, type RunFile } from "../../src/home/run-file.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Nothing is measured by it: a network that eight others keep waiting takes minutes, one that hangs is ended and told of. */
const READY_MILLISECONDS = 600_000;
const STOP_MILLISECONDS = 30_000;

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
  /** Standard output as JSON; throws when it is none. */
  json<T>(): T;
}

/** The command line as a process of its own, to be ended by the caller. */
export function spawnCli(args: string[], env: Record<string, string> = {}, input?: string) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  // One that refuses before it has read closes it.
  child.stdin?.on("error", () => undefined).end(input);
  return child as ChildProcess & { stdout: Readable; stderr: Readable };
}

/** Run the command line as a process of its own. @param input on its standard input */
export function runCli(args: string[], env: Record<string, string> = {}, input?: string): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawnCli(args, env, input);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (bytes) => out.push(bytes));
    child.stderr.on("data", (bytes) => err.push(bytes));
    child.once("error", reject);
    child.once("close", (code) => {
      const stdout = Buffer.concat(out).toString("utf8");
      const stderr = Buffer.concat(err).toString("utf8");
      resolve({ code: code ?? 128, stdout, stderr, json: () => JSON.parse(stdout) });
    });
  });
}

export interface TestNetwork {
  directory: string;
  home: string;
  url: string;
  process: ChildProcess;
  run(): Promise<RunFile>;
  client(): Promise<CairnClient>;
  cli(...args: string[]): Promise<CommandResult>;
  /** kill -9 one child by name: gateway, chain, postgres, provider-1 … */
  kill(name: string): Promise<number>;
  /** Directory of the local provider that holds a deal, and its process name. */
  holderOf(deal: string): Promise<{ directory: string; name: string; shard: string }>;
  stop(): Promise<void>;
}

export interface NetworkOptions {
  home?: string;
  profile?: "demo" | "local" | "real";
  providers?: number;
  /** Joins the network of this contract. */
  deals?: string;
  env?: Record<string, string>;
  /** Another gateway of a network that runs. */
  gatewayOnly?: boolean;
}

/** `cairn up` as a process of its own, on a throw-away home and a free port unless told. */
export async function startNetwork(options: NetworkOptions = {}): Promise<TestNetwork> {
  const directory = await mkdtemp(join(tmpdir(), "cairn-net-"));
  const home = options.home ?? join(directory, "home");
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      MAIN,
      "up",
      "--home",
      home,
      "--port",
      "0",
      "--profile",
      options.profile ?? "demo",
      ...(options.gatewayOnly === true ? ["--gateway-only"] : []),
      ...(options.deals === undefined ? [] : ["--deals", options.deals]),
      ...(options.providers === undefined ? [] : ["--providers", String(options.providers)]),
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.env } },
  );
  const url = await readyUrl(child).catch(async (error) => {
    await end(child);
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    throw error;
  });
  const where = homeAt(home);
  const network: TestNetwork = {
    directory,
    home,
    url,
    process: child,
    run: () => findRunning(where),
    async client() {
      return new CairnClient({ url, token: await homeToken(where) });
    },
    cli: (...args) => runCli([...args, "--home", home]),
    async kill(name) {
      const pid = await currentPid(home, name);
      process.kill(pid, "SIGKILL");
      return pid;
    },
    async holderOf(deal) {
      for (const name of await readdir(where.providers)) {
        for (const id of [deal, deal.slice(2)]) {
          const shards = join(where.providers, name, "shards");
          const held: string[] = await readdir(shards).catch(() => []);
          if (held.includes(id)) {
            return {
              directory: join(where.providers, name),
              name: `provider-${name}`,
              shard: join(shards, id, "shard"),
            };
          }
        }
      }
      throw new Error(`no local provider holds ${deal}`);
    },
    async stop() {
      await end(child);
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
  return network;
}

/** The supervisor's own record has the present process of each child, restarts included. */
async function currentPid(home: string, name: string): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const record = JSON.parse(await readFile(join(home, "children.json"), "utf8"));
  const children: { name: string; pid: number }[] = Array.isArray(record) ? record : record.children;
  const child = children.find((one) => one.name === name);
  if (child === undefined) throw new Error(`no child ${name} runs: ${JSON.stringify(children)}`);
  return child.pid;
}

/** SIGTERM, with which the supervisor ends its children too; those of one that was killed end with it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MILLISECONDS);
  await ended;
  clearTimeout(late);
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    const late = setTimeout(() => reject(new Error(`not ready in time\n${out}\n${err}`)), READY_MILLISECONDS);
    child.stdout?.on("data", (bytes) => {
      out += bytes;
      const match = /^ready (\S+)$/m.exec(out);
      if (match?.[1] === undefined) return;
      clearTimeout(late);
      resolve(match[1]);
    });
    child.stderr?.on("data", (bytes) => {
      err += bytes;
    });
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`cairn up ended with ${code}\n${out}\n${err}`));
    });
  });
}

/** Ask until `done` holds; throws with the last answer after `seconds`. */
export async function until<T>(
  ask: () => Promise<T>,
  done: (value: T) => boolean,
  seconds: number,
  what: string,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last: T | undefined;
  while (Date.now() < deadline) {
    last = await ask();
    if (done(last)) return last;
    await sleep(200);
  }
  throw new Error(`${what} did not happen within ${seconds} s; last: ${JSON.stringify(last)?.slice(0, 3000)}`);
}

export const atFullStrength = (found: PackageDetailJson): boolean =>
  found.state === "STORED" &&
  found.strength.live === found.strength.full &&
  found.slots.every((s) => s.state === "ACTIVE");
