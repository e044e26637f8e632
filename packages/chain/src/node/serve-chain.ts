import { readFile } from "node:fs/promises";
import { exitWithParent } from "@cairn/process";
import { asCairnError, CairnError } from "@cairn/protocol";
import type { ChainConfig } from "./config.ts";
import { startChain } from "./start-chain.ts";

/**
 * The chain as a process: `node node-main.ts CONFIG.json`, or with the path in CAIRN_CHAIN_CONFIG. Prints one line of JSON when it serves. Ends on SIGTERM, SIGINT,
 * and when the process that started it is gone. Exit code 0: asked to stop; 1: could not start; 70: could not go on.
 */

/** How long a clean stop may take before the process ends regardless; nothing unsealed is promised to anyone. */
const STOP_MS = 1_500;

function report(line: Record<string, unknown>, stream: NodeJS.WriteStream = process.stdout): void {
  stream.write(`${JSON.stringify(line)}\n`);
}

function fail(error: unknown, code: number): never {
  report({ error: asCairnError(error).toJSON() }, process.stderr);
  process.exit(code);
}

async function readConfig(): Promise<ChainConfig> {
  const path = process.argv[2] ?? process.env.CAIRN_CHAIN_CONFIG;
  if (path === undefined) {
    throw new CairnError("no configuration was given to the chain", {
      code: "chain-config-missing",
      kind: "input",
      next: "Give the path of a JSON file as the argument, or in CAIRN_CHAIN_CONFIG.",
    });
  }
  try {
    return JSON.parse(await readFile(path, "utf8")) as ChainConfig;
  } catch (cause) {
    throw new CairnError(`the chain's configuration cannot be read from ${path}`, {
      code: "chain-config-unreadable",
      kind: "input",
      next: "Give the path of a readable JSON file.",
      cause,
    });
  }
}

async function main(): Promise<void> {
  const chain = await startChain(await readConfig());
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), STOP_MS);
    void chain.stop().finally(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  void chain.failed.then((error) => fail(error, 70));
  const { head, rules } = chain.node;
  report({
    ready: true,
    url: chain.url,
    chainId: rules.chainId,
    genesisTime: rules.genesisTime,
    head: Number(head.header.number),
    pid: process.pid,
  });
}

exitWithParent(STOP_MS);
process.on("uncaughtException", (error) => fail(error, 70));
process.on("unhandledRejection", (error) => fail(error, 70));
process.stdout.on("error", () => undefined);
main().catch((error: unknown) => fail(error, 1));
