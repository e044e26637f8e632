import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CairnError } from "@cairn/core";
import { writeDurably, writeNew as writeNewFile } from "@cairn/process";

/** Where everything of one network lives on this machine. */
export interface Home {
  directory: string;
  /** Written while `cairn up` serves; how every other command finds the network. */
  runFile: string;
  /** Bearer token of the local account, mode 0600. */
  tokenFile: string;
  settingsFile: string;
  deploymentFile: string;
  /** Contracts of an existing network that a new home is to use instead of deploying its own. */
  joinedFile: string;
  postgres: string;
  chain: string;
  gateway: string;
  providers: string;
  /** Private keys of the owner: read by the command line only, never by the gateway. */
  account: string;
  logs: string;
}

/** `--home`, else CAIRN_HOME, else `~/.cairn`. */
export function homeAt(option?: string): Home {
  const directory = resolve(option ?? process.env.CAIRN_HOME ?? join(homedir(), ".cairn"));
  return {
    directory,
    runFile: join(directory, "run.json"),
    tokenFile: join(directory, "token"),
    settingsFile: join(directory, "home.json"),
    deploymentFile: join(directory, "deployment.json"),
    joinedFile: join(directory, "joined.json"),
    postgres: join(directory, "postgres"),
    chain: join(directory, "chain"),
    gateway: join(directory, "gateway"),
    providers: join(directory, "providers"),
    account: join(directory, "account"),
    logs: join(directory, "logs"),
  };
}

/** Write a small file so that a reader sees the old content or the new, never a part. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeDurably(path, content);
}

/** The same unless the file exists; `false` when it does. Of two that write at once, one wins. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  return writeNewFile(path, content);
}

export async function readJson<T>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CairnError(`cannot read ${path}`, {
      code: "home-unreadable",
      kind: "unavailable",
      cause: error,
      next: "Check who owns the home directory, or name another with --home.",
    });
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new CairnError(`${path} is not valid JSON`, {
      code: "home-corrupt",
      kind: "corrupt",
      cause,
      next: "Put the file back from a backup (`cairn restore`).",
    });
  }
}

/** The bearer token, made at first use. */
export async function homeToken(home: Home): Promise<string> {
  try {
    return (await readFile(home.tokenFile, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await writeNew(home.tokenFile, `${randomBytes(32).toString("base64url")}\n`);
  return (await readFile(home.tokenFile, "utf8")).trim();
}
