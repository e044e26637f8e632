import { writeFile } from "node:fs/promises";
import type { Home } from "../../home/home.ts";
import { type RunFile, writeRunFile } from "../../home/run-file.ts";
import { lockHome } from "../../supervise/lock-home.ts";

/** Be the network of a home for the commands under test, with the gateway at `url`, until the lock is released: whoever has the home is believed. */
export async function serveHome(home: Home, url: string, more: Partial<RunFile> = {}): Promise<{ release(): void }> {
  const lock = lockHome(home.directory);
  const run = { url, pid: process.pid, profile: "local", chainUrl: "http://127.0.0.1:1", startedAt: 1, children: [] };
  await writeRunFile(home, { ...run, ...more });
  await writeFile(home.tokenFile, "token\n");
  return lock;
}
