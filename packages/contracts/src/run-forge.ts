import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { CairnError } from "@cairn/core";
import { bytecodes } from "./bytecodes.ts";
import { CONTRACTS } from "./contract-names.ts";

const ROOT = new URL("../", import.meta.url);
const require = createRequire(import.meta.url);
const ARCHITECTURE: Record<string, string> = { x64: "amd64", arm64: "arm64" };

export interface ForgeResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * The forge binary inside the npm package of this platform: its post-install script need not have run.
 * @throws CairnError `no-forge`
 */
export function forgeBinary(): string {
  const platform = `@foundry-rs/forge-${process.platform}-${ARCHITECTURE[process.arch] ?? process.arch}`;
  try {
    return require.resolve(`${platform}/bin/forge${process.platform === "win32" ? ".exe" : ""}`);
  } catch (cause) {
    throw new CairnError(`the npm package ${platform} is not installed`, {
      code: "no-forge",
      kind: "unavailable",
      next: "Run `npm install` on a platform for which forge is published.",
      cause,
    });
  }
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
  const child = spawn(forgeBinary(), args, {
    cwd: ROOT,
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` },
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
