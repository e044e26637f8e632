import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Top directory of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Finished {
  /** 128 + signal number where a signal ended it; 124 when it took too long. */
  code: number;
  output: string;
}

export interface RunOptions {
  cwd?: string;
  /** Show the output as it comes instead of collecting it. */
  show?: boolean;
  seconds?: number;
  env?: Record<string, string>;
}

/** Run a program of node_modules (a JavaScript file) or a native one, in a process group of its own that ends with it. */
export async function runProgram(program: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  const isScript = /\.(m|c)?[jt]s$/.test(program) || program.endsWith("/tsc");
  const child = spawn(isScript ? process.execPath : program, isScript ? [program, ...args] : args, {
    cwd: options.cwd ?? root,
    detached: true,
    stdio: ["ignore", options.show ? "inherit" : "pipe", options.show ? "inherit" : "pipe"],
    env: { ...process.env, ...options.env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  let late = false;
  const endGroup = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  const stop = () => {
    endGroup("SIGKILL");
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop);
  const timer = setTimeout(
    () => {
      late = true;
      endGroup("SIGKILL");
    },
    (options.seconds ?? 600) * 1000,
  );
  try {
    return await new Promise<Finished>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: late ? 124 : (code ?? 128), output: output.trim() }));
    });
  } finally {
    endGroup("SIGKILL"); // What it left behind.
    clearTimeout(timer);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, stop);
  }
}
