import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bytecodes } from "./bytecodes.ts";
import { CONTRACTS } from "./contract-names.ts";
import { foundryBinary } from "./foundry-binary.ts";

const ROOT = new URL("../", import.meta.url);

export interface ForgeResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Put the committed bytecode where the tests deploy it from. */
function writeShipped(): void {
  const target = new URL("cache/shipped/", ROOT);
  mkdirSync(target, { recursive: true });
  for (const name of CONTRACTS) {
    writeFileSync(new URL(`${name}.json`, target), JSON.stringify({ bytecode: bytecodes[name] }));
  }
}

/** Run forge in this package, with the running Node first on the path for the compiler shim. `show` passes its output through. */
export function runForge(args: readonly string[], show = false): Promise<ForgeResult> {
  writeShipped();
  const child = spawn(foundryBinary("forge"), args, {
    cwd: ROOT,
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}` },
    stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? 1, stdout, stderr }));
  });
}

if (import.meta.main) {
  const { exitCode } = await runForge(["test", ...process.argv.slice(2)], true);
  process.exitCode = exitCode;
}
