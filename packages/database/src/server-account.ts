import { readFileSync, statSync } from "node:fs";

/** The system account that the server runs as; undefined: as this process. */
export interface ServerAccount {
  uid: number;
  gid: number;
}

const NOBODY: ServerAccount = { uid: 65_534, gid: 65_534 };

/** The `postgres` entry of a passwd file (name:password:uid:gid:…), when it is an unprivileged account. */
export function postgresAccount(passwd: string): ServerAccount | undefined {
  for (const line of passwd.split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name !== "postgres" || !/^\d+$/.test(uid ?? "") || !/^\d+$/.test(gid ?? "")) continue;
    if (Number(uid) !== 0) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/**
 * PostgreSQL refuses to run as root: as root it gets the account that owns its `data`, as it takes nobody else's; for a new one the account
 * `postgres`, or `nobody` where there is none.
 */
export function serverAccount(data = ""): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(data, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  let passwd = "";
  try {
    passwd = readFileSync("/etc/passwd", "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return postgresAccount(passwd) ?? NOBODY;
}
