import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { CairnError } from "@cairn/protocol/errors";
import type { ServerAccount } from "./server-account.ts";
import { lastComplaint } from "./server-log.ts";

/** Name of the superuser of the embedded server. */
export const ADMIN_ROLE = "cairn";

export interface ClusterPaths {
  /** Owned by the server's account, mode 0700. */
  cluster: string;
  /** Descriptor of `cluster`: the server reaches it through this, whatever directories above are closed to its account. */
  descriptor: number;
  binaries: string;
  account: ServerAccount | undefined;
  /** Environment of the server's programs. */
  env: NodeJS.ProcessEnv;
}

export function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/**
 * Make the database cluster `cluster/data` once. It is built beside its place and renamed, so it is there whole or not at all.
 *
 * @throws CairnError `database-init-failed` with initdb's words in details.output
 */
export async function initializeCluster(paths: ClusterPaths, password: string): Promise<void> {
  const data = join(paths.cluster, "data");
  for (const name of readdirSync(paths.cluster)) {
    if (name.startsWith("new-")) rmSync(join(paths.cluster, name), { recursive: true, force: true });
  }
  if (existsSync(data)) return;
  const fresh = `new-${randomBytes(6).toString("hex")}`;
  const secret = join(paths.cluster, `${fresh}.password`);
  writeFileSync(secret, password, { mode: 0o600 });
  if (paths.account) chownSync(secret, paths.account.uid, paths.account.gid);
  const output = await run(paths, [
    `--pgdata=/proc/self/fd/3/${fresh}`,
    `--pwfile=/proc/self/fd/3/${fresh}.password`,
    `--username=${ADMIN_ROLE}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
  ]);
  rmSync(secret, { force: true });
  if (output !== undefined) {
    rmSync(join(paths.cluster, fresh), { recursive: true, force: true });
    throw initFailed(paths.cluster, output);
  }
  renameSync(join(paths.cluster, fresh), data);
  syncDirectory(paths.cluster);
}

function initFailed(directory: string, output: string): CairnError {
  const reason = lastComplaint(output) ?? output;
  // What containers that are started under a number do.
  const nameless = /could not look up effective user ID/.test(output);
  return new CairnError(`the database could not be created: ${reason}`, {
    code: "database-init-failed",
    kind: "unavailable",
    next: nameless
      ? "Give the user ID a name in /etc/passwd, run under one that has a name, or set DATABASE_URL to a PostgreSQL server that runs already."
      : "Check the free space and the rights of the directory, then start again.",
    details: { directory, output },
  });
}

/** undefined when it went well, else what initdb said. */
function run(paths: ClusterPaths, args: string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(paths.binaries, "bin/initdb"), args, {
      ...paths.account,
      cwd: "/",
      env: paths.env,
      stdio: ["ignore", "ignore", "pipe", paths.descriptor],
    });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4_000);
    });
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : `${said.trim()} (${signal ?? `exit ${code}`})`),
    );
  });
}
