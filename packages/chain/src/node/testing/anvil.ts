import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";

/** Path of a Foundry program from its npm package for this platform. */
export function foundryBinary(name: "anvil" | "cast"): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve(`@foundry-rs/${name}-${process.platform}-${architecture}/package.json`));
  return join(root, "bin", name);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export interface Anvil {
  url: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** Foundry's node as a peer to compare with: same chain id, hard fork and accounts as the test chain. */
export async function startAnvil(flags: string[] = []): Promise<Anvil> {
  const port = await freePort();
  const child = spawn(
    foundryBinary("anvil"),
    ["--port", String(port), "--chain-id", "26170", "--hardfork", "cancun", "--silent", ...flags],
    { stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const deadline = Date.now() + 20_000;
  for (;;) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
    const ready = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return { url, process: child, stop };
    if (Date.now() > deadline) {
      await stop();
      throw new Error("anvil did not start");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
