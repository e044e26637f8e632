import { spawn } from "node:child_process";
import { foundryBinary } from "../foundry-binary.ts";

export interface Anvil {
  url: string;
  stop(): Promise<void>;
}

/** A fresh anvil on a free loopback port, with its well-known funded accounts. Rejects when it does not listen. */
export function startAnvil(genesisTime: number): Promise<Anvil> {
  const child = spawn(
    foundryBinary("anvil"),
    ["--port", "0", "--timestamp", String(genesisTime), "--hardfork", "cancun"],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    const exited = new Promise<void>((done) => {
      child.once("close", () => {
        reject(new Error(`anvil ended: ${output}`));
        done();
      });
    });
    child.once("error", reject);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port === undefined) return;
      resolve({
        url: `http://127.0.0.1:${port}`,
        async stop() {
          child.kill();
          await exited;
        },
      });
    });
  });
}
