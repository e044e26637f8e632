import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { writeDurably, writeNew as writeNewFile } from "@cairn/process/durable-file";
import { makeFolders } from "@cairn/process/make-folders";
import { CairnError } from "@cairn/protocol/errors";

/** Where everything of one network lives on this machine. */
export interface Home {
  directory: string;
  /** Written while `cairn up` serves; how every other command finds the network. */
  runFile: string;
  /** Bearer token of the local account, mode 0600. */
  tokenFile: string;
  /** The gateway elsewhere that this home uses (`cairn login`), with the token for it, mode 0600. */
  remoteFile: string;
  settingsFile: string;
  /** Ids of the databases that the home was used with. */
  databasesFile: string;
  /** Where manifests and leaf files are that are not in the home. */
  blobsFile: string;
  deploymentFile: string;
  /** Contracts of an existing network that a new home is to use instead of deploying its own. */
  joinedFile: string;
  postgres: string;
  chain: string;
  gateway: string;
  providers: string;
  /** Private keys of the owner: read by the command line only, never by the gateway. */
  account: string;
  /** Records of interrupted puts, encrypted with the account's key. */
  puts: string;
  logs: string;
}

/** HOME, or what the system knows of this user where HOME is empty: an empty one would mean the folder one stands in. */
const userHome = (): string => homedir() || userInfo().homedir;

/** `--home`, else CAIRN_HOME, else `~/.cairn`. */
export function homeAt(option?: string): Home {
  const directory = resolve(option ?? (process.env.CAIRN_HOME || join(userHome(), ".cairn")));
  return {
    directory,
    runFile: join(directory, "run.json"),
    tokenFile: join(directory, "token"),
    remoteFile: join(directory, "remote.json"),
    settingsFile: join(directory, "home.json"),
    databasesFile: join(directory, "databases.json"),
    blobsFile: join(directory, "blobs.json"),
    deploymentFile: join(directory, "deployment.json"),
    joinedFile: join(directory, "joined.json"),
    postgres: join(directory, "postgres"),
    chain: join(directory, "chain"),
    gateway: join(directory, "gateway"),
    providers: join(directory, "providers"),
    account: join(directory, "account"),
    puts: join(directory, "puts"),
    logs: join(directory, "logs"),
  };
}

/**
 * A directory of a home, and those above it that are missing: for its owner alone, whatever lies above it.
 * @throws CairnError `home-unusable`
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    makeFolders(path);
  } catch (cause) {
    throw new CairnError(`the folder ${path} cannot be made: ${(cause as Error).message}`, {
      code: "home-unusable",
      kind: "input",
      cause,
      next: "Check who owns the directory and that the disk has space, or choose another home with --home.",
    });
  }
}

/** Write a small file so that a reader sees the old content or the new, never a part. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await makeDirectory(dirname(path));
  await writeDurably(path, content);
}

/** The same unless the file exists; `false` when it does. Of two that write at once, one wins. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<boolean> {
  await makeDirectory(dirname(path));
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
    throw corrupt(path, "is not valid JSON", cause);
  }
}

/** A file of the home that is damaged and cannot be made anew. */
export function corrupt(path: string, how: string, cause?: unknown): CairnError {
  return new CairnError(`${path} ${how}`, {
    code: "home-corrupt",
    kind: "corrupt",
    details: { path },
    next: "Put the file back from a backup (`cairn restore`).",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The same, of a known shape. Throws `home-corrupt` for anything else. */
export async function readChecked<T>(path: string, holds: (value: unknown) => value is T): Promise<T | undefined> {
  const value = await readJson<unknown>(path);
  if (value === undefined || holds(value)) return value;
  throw corrupt(path, "does not hold what was written there");
}

/** The same of a file that is made anew when it is lost: a damaged one counts as lost. */
export async function readIfWhole<T>(path: string, holds: (value: unknown) => value is T): Promise<T | undefined> {
  try {
    return await readChecked(path, holds);
  } catch (error) {
    if (error instanceof CairnError && error.code === "home-corrupt") return undefined;
    throw error;
  }
}

/** 32 random bytes in base64url: tokens and secrets of the home. */
const RANDOM_TEXT = /^[\w-]{43}$/;

/** What stands in a file that `writeRandomText` wrote; undefined when there is none, `damaged` when it is something else. */
export async function readRandomText(path: string): Promise<{ text: string } | "damaged" | undefined> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
  return RANDOM_TEXT.test(text) ? { text } : "damaged";
}

/** Of two that write at once, one wins; returns what stands there afterwards. */
export async function writeRandomText(path: string): Promise<string> {
  await writeNew(path, `${randomBytes(32).toString("base64url")}\n`);
  return (await readFile(path, "utf8")).trim();
}

/** Which of the gateways of one database this home's is, made at first use; a copy of the home is another gateway. */
export async function homeGatewayId(home: Home): Promise<string> {
  const path = join(home.gateway, "id");
  const found = await readRandomText(path);
  if (found === "damaged") await rm(path, { force: true });
  else if (found !== undefined) return found.text;
  return await writeRandomText(path);
}

/** The bearer token, made at first use, and anew when it is damaged: an empty one would let everybody in. */
export async function homeToken(home: Home): Promise<string> {
  const found = await readRandomText(home.tokenFile);
  if (found === "damaged") await rm(home.tokenFile, { force: true });
  else if (found !== undefined) return found.text;
  return await writeRandomText(home.tokenFile);
}
