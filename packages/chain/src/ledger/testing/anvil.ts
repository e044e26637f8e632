import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Hex } from "@cairn/protocol";

/** A key that anvil funds with 10,000 coins: the first of its well-known test mnemonic. */
export const ANVIL_KEY: Hex = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

export interface Anvil {
  url: string;
  wsUrl: string;
  /** Any method of anvil's, `evm_increaseTime` among them. */
  call<T>(method: string, ...params: unknown[]): Promise<T>;
  stop(): Promise<void>;
}

export interface AnvilOptions {
  chainId: number;
  /** Seconds, also fractions; without it a block is made by `evm_mine` only. */
  blockSeconds?: number;
  args?: string[];
  /** Two of them is how far finality is behind the head, in blocks; 1 unless set, and 32 where anvil is left to itself. */
  slotsInEpoch?: number;
}

function binary(): string {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const manifest = createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${platform}/package.json`);
  return join(dirname(manifest), "bin", "anvil");
}

async function rpc<T>(url: string, method: string, params: unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}

/** Foundry's chain on a free port, one block behind its head final. It ends with the test process. */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const mining = options.blockSeconds === undefined ? ["--no-mining"] : ["--block-time", String(options.blockSeconds)];
  const child = spawn(
    binary(),
    [
      ...["--port", "0", "--chain-id", String(options.chainId), "--hardfork", "cancun", "--slots-in-an-epoch"],
      String(options.slotsInEpoch ?? 1),
      ...["--accounts", "1", "--base-fee", "1000000000"],
      ...mining,
      ...(options.args ?? []),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const killWithUs = () => child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^Listening on (\S+)/.exec(line)?.[1];
    if (address !== undefined) {
      url = `http://${address}`;
      break;
    }
  }
  child.stdout.resume();
  if (url === undefined) throw new Error("anvil ended before it listened");
  const address = url;
  return {
    url: address,
    wsUrl: address.replace("http", "ws"),
    call: (method, ...params) => rpc(address, method, params),
    async stop() {
      process.off("exit", killWithUs);
      child.kill("SIGTERM");
      await exited;
    },
  };
}
