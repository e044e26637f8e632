import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { CairnError } from "@cairn/protocol/errors";
import type { ServerAccount } from "./server-account.ts";

/** sun_path holds 108 bytes, the last of them NUL. */
const LONGEST_SOCKET_PATH = 107;
export const SOCKET_NAME = ".s.PGSQL.5432";

function fits(directory: string): boolean {
  return Buffer.byteLength(join(directory, SOCKET_NAME)) <= LONGEST_SOCKET_PATH;
}

function isPrivate(directory: string, uid: number): boolean {
  if (!isAbsolute(directory) || directory.includes("\0")) return false;
  const found = lstatSync(directory, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === uid && (found.mode & 0o077) === 0;
}

export interface SocketDirectory {
  /** As clients name it. */
  path: string;
  /** Whether it lies within the cluster directory, and the server may name it relative to that. */
  inside: boolean;
}

/** A fresh directory for a socket under TMPDIR, or where that cannot be used, under the system's own. */
function temporaryDirectory(cluster: string): string {
  const reasons: string[] = [];
  for (const parent of new Set([tmpdir(), "/tmp", "/var/tmp", "/dev/shm"])) {
    if (!fits(join(parent, "cairn-XXXXXX"))) {
      reasons.push(`${parent} is too long`);
      continue;
    }
    try {
      return mkdtempSync(join(parent, "cairn-"));
    } catch (error) {
      reasons.push(`${parent}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
  throw new CairnError(
    `the path ${cluster} is too long for the database's socket, and no temporary directory can be used: ${reasons.join(", ")}`,
    {
      code: "no-socket-directory",
      kind: "input",
      next: "Set TMPDIR to a short directory that exists and can be written, or choose a home with a shorter path.",
      details: { cluster, longest: LONGEST_SOCKET_PATH },
    },
  );
}

/**
 * The directory of the server's socket, mode 0700 and owned by the server's account: within `cluster`, or, where that path is too
 * long for a socket, a fresh one under the system's temporary directory, remembered in `record`.
 *
 * @throws CairnError `no-socket-directory`
 */
export function socketDirectory(cluster: string, record: string, account: ServerAccount | undefined): SocketDirectory {
  const uid = account?.uid ?? process.getuid?.() ?? -1;
  const inside = join(cluster, "socket");
  if (fits(inside)) {
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    if (account) chownSync(inside, account.uid, account.gid);
    chmodSync(inside, 0o700);
    return { path: inside, inside: true };
  }
  try {
    const recorded = readFileSync(record, "utf8").trim();
    if (fits(recorded) && isPrivate(recorded, uid)) return { path: recorded, inside: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const path = temporaryDirectory(cluster);
  if (account) chownSync(path, account.uid, account.gid);
  writeFileSync(`${record}.new`, `${path}\n`, { mode: 0o600 });
  renameSync(`${record}.new`, record);
  return { path, inside: false };
}
