import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ChainConfig } from "../config.ts";
import { CHAIN_MAIN, CHAIN_NODE_FLAGS } from "../process.ts";

export interface ChainProcess {
  child: ChildProcess;
  url: string;
  head: number;
  /** Sends the signal and resolves with exit code or signal name. */
  end(signal: NodeJS.Signals): Promise<number | string | null>;
}

export interface ChainProgram {
  path: string;
  start(): Promise<ChainProcess>;
  remove(): Promise<void>;
}

/** Writes the configuration where only we can read it; `start` runs the chain's program with it, again and again if wanted. */
export async function chainProgram(config: ChainConfig): Promise<ChainProgram> {
  const directory = await mkdtemp(join(tmpdir(), "cairn-chain-"));
  const path = join(directory, "chain.json");
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  const running = new Set<ChildProcess>();
  const start = async (): Promise<ChainProcess> => {
    const child = spawn(process.execPath, [...CHAIN_NODE_FLAGS, CHAIN_MAIN, path], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), "line").then(([text]) => String(text)),
      once(child, "exit").then(() => undefined),
    ]);
    if (line === undefined) throw new Error(`the chain did not start: ${complaint}`);
    const { url, head } = JSON.parse(line) as { url: string; head: number };
    const end = async (signal: NodeJS.Signals): Promise<number | string | null> => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, "exit");
      }
      return child.exitCode ?? child.signalCode;
    };
    return { child, url, head, end };
  };
  const remove = async (): Promise<void> => {
    for (const child of running) child.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  };
  return { path, start, remove };
}
