import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type HeldLock, holdLock } from "@cairn/process";
import { CairnError } from "@cairn/protocol/errors";
import type pg from "pg";
import { ADMIN_ROLE, type ClusterPaths, initializeCluster, syncDirectory } from "./initialize-cluster.ts";
import { sendSignal, serverProcesses, stopOrphans } from "./orphans.ts";
import { rolePassword } from "./role-password.ts";
import { serverAccount } from "./server-account.ts";
import { serverBinaries } from "./server-binaries.ts";
import { lastComplaint, logTail, rotateLog } from "./server-log.ts";
import { SOCKET_NAME, type SocketDirectory, socketDirectory } from "./socket-directory.ts";
import { untilDetached } from "./until-detached.ts";
import { watchServer } from "./watcher.ts";

export interface StartPostgresOptions {
  /** Everything of the server lives in here; made when missing. Two servers cannot share one. */
  directory: string;
  /** What the supervisor does, a line at a time. The server's own words go to `directory/postgres.log`. */
  log?: (line: string) => void;
  /** Server settings that go over the defaults. */
  settings?: Record<string, string>;
}

export interface RunningPostgres {
  readonly pid: number;
  /** How to connect to `database`: as the superuser, or as a role that `ensureDatabase` made. */
  connect(database: string, role?: string): pg.PoolConfig;
  /** Resolves when the server has ended, asked or not; then the directory is free to be started again. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null; asked: boolean }>;
  /** Orderly stop (connections are cut, nothing acknowledged is lost), within 5 s. Idempotent. */
  stop(): Promise<void>;
}

/** Durable whatever a configuration file says; no TCP; small. */
const SETTINGS: Record<string, string> = {
  listen_addresses: "",
  port: "5432",
  unix_socket_permissions: "0700",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  wal_level: "minimal",
  max_wal_senders: "0",
  shared_buffers: "128MB",
  // Soft: a burst may take more until the checkpoint that it brings about is done.
  max_wal_size: "512MB",
  max_connections: "200",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};

/** 32 bytes in base64url. */
const PASSWORD = /^[\w-]{43}$/;

function keptPassword(directory: string, exists: boolean): string {
  const file = join(directory, "password");
  const kept = existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  if (kept !== undefined && PASSWORD.test(kept)) return kept;
  if (exists) {
    const state = kept === undefined ? "is missing" : "is damaged";
    throw new CairnError(`${file} ${state}, and the database in ${directory} cannot be opened without it`, {
      code: "database-password-lost",
      kind: "corrupt",
      next: "Put the file back from a backup of the home.",
    });
  }
  const password = randomBytes(32).toString("base64url");
  const descriptor = openSync(`${file}.new`, "w", 0o600);
  writeSync(descriptor, password);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${file}.new`, file);
  syncDirectory(directory);
  return password;
}

/**
 * `pg` fills in what a configuration leaves out, or leaves empty, from libpq's variables (PGSSLMODE, PGOPTIONS, PGAPPNAME, …), which are
 * somebody's settings for other servers: everything that it would take is given here or by `connect`.
 */
const NOTHING_FROM_ENVIRONMENT = {
  ssl: false,
  sslnegotiation: "postgres",
  // A blank is "given", and says nothing to the server.
  options: " ",
  client_encoding: "UTF8",
  replication: "false",
  application_name: "cairn",
  connectionTimeoutMillis: 10_000,
} as const;

function lockDirectory(directory: string): HeldLock {
  try {
    return holdLock(join(directory, "lock"));
  } catch (error) {
    if (!(error instanceof CairnError) || error.code !== "lock-held") throw error;
    const pid = error.details.pid;
    throw new CairnError(
      `the database in ${directory} is already run by ${pid ? `process ${pid}` : "another process"}`,
      {
        code: "database-in-use",
        kind: "conflict",
        next: "Stop that process, or use another home.",
        details: error.details,
        cause: error,
      },
    );
  }
}

interface Launch extends ClusterPaths {
  data: string;
  logFile: string;
  socket: SocketDirectory;
  settings: Record<string, string>;
}

function launch(paths: Launch): ChildProcess {
  const log = openSync(paths.logFile, "a", 0o600);
  const all = {
    ...SETTINGS,
    ...paths.settings,
    unix_socket_directories: paths.socket.inside ? "/proc/self/fd/3/socket" : paths.socket.path,
  };
  try {
    return spawn(
      join(paths.binaries, "bin/postgres"),
      ["-D", "/proc/self/fd/3/data", ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      // A session of its own: Ctrl-C in the terminal is for the supervisor, which stops the server last.
      { ...paths.account, cwd: "/", env: paths.env, detached: true, stdio: ["ignore", log, log, paths.descriptor] },
    );
  } finally {
    closeSync(log);
  }
}

/** The eighth line of postmaster.pid says `ready` when connections are taken. */
function isReady(data: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Run the embedded PostgreSQL 18 on `directory` until `stop`, or the end of this process by whatever signal.
 *
 * Who can connect: the socket lies in a directory of mode 0700 that belongs to the server's account, there is no TCP port, and
 * every connection must authenticate by SCRAM with a generated password that only this process's account can read. As root
 * the server runs as `postgres` or `nobody`; it reaches its files through an inherited directory descriptor, so the
 * directories above may be closed to it.
 *
 * @throws CairnError `database-in-use`, `postgres-not-installed`, `postgres-not-runnable`, `database-init-failed`,
 * `database-start-failed`, `database-password-lost`
 */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningPostgres> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const directory = realpathSync(options.directory);
  const lock = lockDirectory(directory);
  const close: (() => void)[] = [() => lock.release()];
  try {
    const cluster = join(directory, "cluster");
    const data = join(cluster, "data");
    const account = serverAccount(data);
    mkdirSync(cluster, { recursive: true, mode: 0o700 });
    if (account) chownSync(cluster, account.uid, account.gid);
    chmodSync(cluster, 0o700);
    const descriptor = openSync(cluster, constants.O_RDONLY | constants.O_DIRECTORY);
    close.unshift(() => closeSync(descriptor));
    const paths: Launch = {
      cluster,
      data,
      descriptor,
      account,
      binaries: serverBinaries(directory, account),
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" },
      logFile: join(directory, "postgres.log"),
      socket: socketDirectory(cluster, join(directory, "socket-directory"), account),
      settings: options.settings ?? {},
    };
    const password = keptPassword(directory, existsSync(data));
    await initializeCluster(paths, password);
    return await untilDetached(async () => {
      const orphans = await stopOrphans(data);
      if (orphans > 0) options.log?.(`stopped ${orphans} processes of a database server whose supervisor was gone`);
      if (serverProcesses(data).length === 0) removeLocks(data, paths.socket.path);
      rotateLog(paths.logFile);
      return supervise(paths, password, close, options.log);
    });
  } catch (error) {
    for (const undo of close) undo();
    throw error;
  }
}

/**
 * The files by which a server that has died would keep its successor out: they can name a process id that another program uses now, and a power
 * cut leaves them empty. Only call it while no server works in `data` and the directory's lock is held.
 */
function removeLocks(data: string, socket: string): void {
  for (const file of [join(data, "postmaster.pid"), join(socket, SOCKET_NAME), join(socket, `${SOCKET_NAME}.lock`)]) {
    rmSync(file, { force: true });
  }
}

async function supervise(
  paths: Launch,
  password: string,
  close: (() => void)[],
  log: ((line: string) => void) | undefined,
): Promise<RunningPostgres> {
  const logStart = statSync(paths.logFile, { throwIfNoEntry: false })?.size ?? 0;
  const child = launch(paths);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  let over = false;
  const noteEnd = ended.finally(() => {
    over = true;
  });
  noteEnd.catch(() => undefined);
  const pid = child.pid;
  if (pid === undefined) {
    const cause = await ended.then(
      () => undefined,
      (error: unknown) => error,
    );
    throw startFailed(paths, String(cause), cause);
  }
  const watcher = watchServer(pid, paths.data);
  close.unshift(() => watcher.stdin?.end());
  const began = performance.now();
  let told = began;
  while (!over && !isReady(paths.data, pid)) {
    await sleep(5);
    if (performance.now() - told > 5_000) {
      told = performance.now();
      log?.(`the database server is still starting after ${Math.round((told - began) / 1000)} s`);
    }
  }
  if (over) throw startFailed(paths, logTail(paths.logFile, logStart));
  log?.(`database server ${pid} ready after ${Math.round(performance.now() - began)} ms`);

  let asked = false;
  const rotation = setInterval(() => rotateLog(paths.logFile), 60_000);
  rotation.unref();
  const exited = ended.then((end) => {
    clearInterval(rotation);
    for (const undo of close) undo();
    if (!asked) log?.(`database server ${pid} ended (${end.signal ?? `exit ${end.code}`})`);
    return { ...end, asked };
  });
  return {
    pid,
    exited,
    connect: (database, role = ADMIN_ROLE) => ({
      ...NOTHING_FROM_ENVIRONMENT,
      host: paths.socket.path,
      port: 5432,
      user: role,
      password: role === ADMIN_ROLE ? password : rolePassword(password, role),
      database,
    }),
    async stop() {
      asked = true;
      for (const [signal, milliseconds] of [
        ["SIGINT", 3_000],
        ["SIGQUIT", 1_000],
        ["SIGKILL", 1_000],
      ] as const) {
        if (over) break;
        sendSignal(pid, signal);
        await Promise.race([exited, sleep(milliseconds, undefined, { ref: false })]);
      }
      await exited;
    },
  };
}

function startFailed(paths: Launch, output: string, cause?: unknown): CairnError {
  // The server knows its directory by the descriptor that it was given.
  const reason = lastComplaint(output)?.replaceAll("/proc/self/fd/3", paths.cluster);
  return new CairnError(`the database server did not start${reason === undefined ? "" : `: ${reason}`}`, {
    code: "database-start-failed",
    kind: "unavailable",
    next: `Mend what it names (${paths.logFile} has more), or put the home back from a backup (\`cairn restore\`).`,
    details: { output },
    ...(cause === undefined ? {} : { cause }),
  });
}
