import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isRunning, type ProcessIdentity } from "@cairn/process";
import { type CommandResult, runCli } from "./network.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const READY_MILLISECONDS = 60_000;

/** Any address that base58check takes. */
export const ADDRESS = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";

function start(args: string[]): ChildProcess {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CAIRN_LOG: "warn" },
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number> {
  const began = performance.now();
  if (child.exitCode !== null || child.signalCode !== null) return 0;
  child.kill(signal);
  await once(child, "exit");
  return (performance.now() - began) / 1000;
}

export interface TestNode {
  home: string;
  url: string;
  cli(...args: string[]): Promise<CommandResult>;
  /** kill -9 one child by name: downstream, postgres. */
  killChild(name: string): Promise<void>;
  /** End it, by SIGTERM unless told; the seconds it took. */
  end(signal?: NodeJS.Signals): Promise<number>;
  /** Start it again on the same port. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

/** `cairn downstream serve` as a process of its own, on a throw-away home and a free port. */
export async function startDownstream(...flags: string[]): Promise<TestNode> {
  const directory = await mkdtemp(join(tmpdir(), "cairn-downstream-"));
  const home = join(directory, "home");
  let child: ChildProcess;
  const serve = async (port: string) => {
    child = start(["downstream", "serve", "--home", home, "--port", port, ...flags]);
    return readyUrl(child);
  };
  const node: TestNode = {
    home,
    url: await serve("0"),
    cli: (...args) => runCli([...args, "--home", home]),
    async killChild(name) {
      const children: (ProcessIdentity & { name: string })[] = JSON.parse(
        await readFile(join(home, "children.json"), "utf8"),
      );
      const child = children.find((one) => one.name === name);
      // A number that is not positive would be a group of processes, or all; one that has ended may be somebody else's by now.
      if (child === undefined || !(child.pid > 1) || !isRunning(child))
        throw new Error(`no child ${name} runs just now`);
      process.kill(child.pid, "SIGKILL");
    },
    end: (signal = "SIGTERM") => end(child, signal),
    async restart() {
      await serve(new URL(node.url).port);
    },
    async remove() {
      await end(child, "SIGTERM");
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
  return node;
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const late = setTimeout(() => reject(new Error(`not ready in time\n${text}`)), READY_MILLISECONDS);
    const read = (bytes: Buffer) => {
      text += bytes;
      const url = /^ready (\S+)$/m.exec(text)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`cairn downstream serve ended with ${code}\n${text}`));
    });
  });
}

/** A line that `cairn farmer --json` printed. */
export interface FarmerLine {
  event: string;
  [key: string]: unknown;
}

export interface TestFarmer {
  lines: FarmerLine[];
  /** How often answers were accepted so far. */
  accepted(): number;
  /** The first line, of those printed and those to come, for which `done` holds. */
  line(done: (line: FarmerLine) => boolean, seconds: number): Promise<FarmerLine>;
  /** Resolves when `accepted()` has grown by so many. */
  acceptedMore(count: number, seconds: number): Promise<void>;
  end(signal?: NodeJS.Signals): Promise<number>;
}

/** `cairn farmer --json` as a process of its own. */
export function startFarmer(url: string, path: string, ...flags: string[]): TestFarmer {
  const child = start(["farmer", url, "--path", path, "--json", ...flags]);
  const lines: FarmerLine[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const one of [...waiting]) one();
  };
  let errors = "";
  child.stderr?.on("data", (bytes) => {
    errors += bytes;
  });
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (text) => {
      lines.push(text.startsWith("{") && text.endsWith("}") ? JSON.parse(text) : { event: "text", text });
      wake();
    });
  }
  child.once("exit", wake);
  const until = <T>(look: () => T | undefined, seconds: number, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(late);
        waiting.delete(check);
      };
      const fail = (why: string) => {
        stop();
        reject(new Error(`${what}: ${why}\n${JSON.stringify(lines.slice(-30), null, 1)}\n${errors}`));
      };
      const check = () => {
        const found = look();
        if (found !== undefined) {
          stop();
          resolve(found);
        } else if (child.exitCode !== null || child.signalCode !== null) fail("the farmer has ended");
      };
      const late = setTimeout(() => fail(`not within ${seconds} s`), seconds * 1000);
      waiting.add(check);
      check();
    });
  const accepted = () => lines.reduce((sum, line) => sum + (line.event === "answers" ? Number(line.accepted) : 0), 0);
  return {
    lines,
    accepted,
    line: (done, seconds) => until(() => lines.find(done), seconds, `a line like ${done}`),
    async acceptedMore(count, seconds) {
      const wanted = accepted() + count;
      await until(() => (accepted() >= wanted ? true : undefined), seconds, `${count} more accepted answers`);
    },
    end: (signal = "SIGTERM") => end(child, signal),
  };
}
