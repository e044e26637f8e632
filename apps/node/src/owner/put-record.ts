import { createReadStream, rmSync, statSync } from "node:fs";
import { type FileHandle, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "@cairn/archive";
import { JournalLines } from "@cairn/owner/journal-lines";
import { nameHash } from "@cairn/owner/labels";
import type { Owner } from "@cairn/owner/ports";
import type { PutRecord as OwnerPutRecord, PutHead, PutRecords } from "@cairn/owner/put-records";
import { type HeldLock, holdLock, writeDurably } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { type Home, makeDirectory } from "../home/home.ts";

/** The gateway keeps an upload that nobody goes on with for a day; what is older than this is of no use to anybody. */
const KEPT_SECONDS = 7 * 86_400;
/** Appended bytes of the journal between two syncs: what a power cut takes is only encrypted again. */
const SYNC_EVERY = 1_048_576;
const READ_BYTES = 1_048_576;

/** Records of puts in a home, a journal for each name. */
export const putRecords = (home: Home, owner: Pick<Owner, "lookupKey">): PutRecords => ({
  open: (name) => PutRecord.open(home, owner, name),
  forget: (name) => forgetPut(home, owner, name),
});

/**
 * What has been uploaded of a put, so that it can go on after this process: `HOME/puts/KEY.journal`, where KEY is the keyed hash of the
 * package's name. Every line is encrypted under a key of the account and bound to its place; reading ends at the first that does not open, as
 * a torn one at the end. Session keys are not in it. Held under a lock until `close`.
 */
export class PutRecord implements OwnerPutRecord {
  head: PutHead | undefined;
  /** As they were when it was opened or begun. */
  checkpoints: readonly Checkpoint[] = [];
  readonly #path: string;
  readonly #cipher: JournalLines;
  readonly #lock: HeldLock;
  #lines = 0;
  #journal: FileHandle | undefined;
  #unsynced = 0;
  #closed = false;

  private constructor(path: string, account: Pick<Owner, "lookupKey">, lock: HeldLock) {
    this.#path = path;
    this.#cipher = new JournalLines(account, path.split("/").at(-1) ?? "");
    this.#lock = lock;
  }

  /** @throws CairnError `put-under-way` when another process puts under this name */
  static async open(home: Home, account: Pick<Owner, "lookupKey">, name: string): Promise<PutRecord> {
    await makeDirectory(home.puts);
    const path = join(home.puts, nameHash(account, name).slice(2));
    const record = new PutRecord(path, account, lockOf(path, name));
    try {
      await removeStale(home);
      await record.#read();
    } catch (error) {
      await record.close();
      throw error;
    }
    return record;
  }

  /** Begin anew with this head and these checkpoints. */
  async begin(head: PutHead, checkpoints: readonly Checkpoint[] = []): Promise<void> {
    await this.#endJournal();
    this.#lines = 0;
    await writeDurably(`${this.#path}.journal`, this.#encryptedAll([head, ...checkpoints]));
    this.head = head;
    this.checkpoints = checkpoints;
  }

  /** Add what has been handed to the upload, for the process that goes on. */
  async add(checkpoint: Checkpoint): Promise<void> {
    // What still comes from a packing that was interrupted.
    if (this.#closed) return;
    this.#journal ??= await open(`${this.#path}.journal`, "a", 0o600);
    const line = this.#encrypted(checkpoint);
    await this.#journal.appendFile(line);
    this.#unsynced += line.length;
    if (this.#unsynced >= SYNC_EVERY) {
      await this.#journal.datasync();
      this.#unsynced = 0;
    }
  }

  /** Keep the encrypted manifest: with it a put goes on whose upload was complete. */
  async keepManifest(manifest: Uint8Array): Promise<void> {
    await this.#endJournal();
    await writeDurably(`${this.#path}.manifest`, manifest);
  }

  async manifest(): Promise<Uint8Array | undefined> {
    return ifThere(readFile(`${this.#path}.manifest`));
  }

  async forget(): Promise<void> {
    await this.#endJournal();
    await removeRecord(this.#path);
    this.head = undefined;
    this.checkpoints = [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#endJournal();
    this.#lock.release();
  }

  async #endJournal(): Promise<void> {
    const journal = this.#journal;
    this.#journal = undefined;
    this.#unsynced = 0;
    if (journal === undefined) return;
    try {
      await journal.datasync();
    } finally {
      await journal.close();
    }
  }

  async #read(): Promise<void> {
    const checkpoints: Checkpoint[] = [];
    this.checkpoints = checkpoints;
    for await (const line of linesOf(`${this.#path}.journal`)) {
      const value = this.#cipher.open(Buffer.from(line, "base64"), this.#lines);
      if (value === undefined) return;
      if (this.#lines === 0) this.head = value as PutHead;
      else checkpoints.push(value as Checkpoint);
      this.#lines += 1;
    }
  }

  *#encryptedAll(values: readonly (PutHead | Checkpoint)[]): Generator<string> {
    for (const value of values) yield this.#encrypted(value);
  }

  #encrypted(value: PutHead | Checkpoint): string {
    const bytes = this.#cipher.encrypt(value, this.#lines);
    this.#lines += 1;
    return `${Buffer.from(bytes).toString("base64")}\n`;
  }
}

/** Forget what is recorded of the put of a name, unless it is under way. */
export async function forgetPut(home: Home, account: Pick<Owner, "lookupKey">, name: string): Promise<void> {
  const path = join(home.puts, nameHash(account, name).slice(2));
  if ((await ifThere(stat(`${path}.journal`))) === undefined) return;
  let lock: HeldLock;
  try {
    lock = lockOf(path, name);
  } catch (error) {
    if (error instanceof CairnError && error.code === "put-under-way") return;
    throw error;
  }
  try {
    await removeRecord(path);
  } finally {
    lock.release();
  }
}

function lockOf(path: string, name: string): HeldLock {
  try {
    return passingLock(`${path}.lock`);
  } catch (error) {
    if (!isHeld(error)) throw error;
    const pid = error.details?.pid;
    const holder = pid === undefined ? "another process" : `process ${pid}`;
    throw new CairnError(`${name} is being put by ${holder}`, {
      code: "put-under-way",
      kind: "conflict",
      cause: error,
      next: "Wait until it has ended, or put under another name with --name.",
    });
  }
}

/**
 * A lock whose file goes with it. Only who holds it removes the file, and a lock counts only on the file that stands at the path: two
 * never hold two different ones.
 */
function passingLock(path: string): HeldLock {
  for (;;) {
    const before = statSync(path, { throwIfNoEntry: false });
    const lock = holdLock(path);
    const after = statSync(path, { throwIfNoEntry: false });
    // One that was not there was made just now, by whomever: it is taken the next time round.
    if (before !== undefined && before.ino === after?.ino) {
      return {
        release() {
          rmSync(path, { force: true });
          lock.release();
        },
      };
    }
    lock.release();
  }
}

function isHeld(error: unknown): error is CairnError {
  return error instanceof CairnError && error.code === "lock-held";
}

async function removeStale(home: Home): Promise<void> {
  for (const file of await readdir(home.puts)) {
    const path = join(home.puts, file);
    const found = await ifThere(stat(path));
    if (found === undefined || Date.now() - found.mtimeMs <= KEPT_SECONDS * 1000) continue;
    if (file.endsWith(".lock")) removeLock(path);
    else if (!file.endsWith(".holder")) await rm(path, { force: true });
  }
}

/** A process that was killed leaves its lock's file. */
function removeLock(path: string): void {
  try {
    passingLock(path).release();
  } catch (error) {
    if (!isHeld(error)) throw error;
  }
}

/** Lines as they are read: a journal of a million files is longer than a string may be. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const text of createReadStream(path, { encoding: "latin1", highWaterMark: READ_BYTES })) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

async function removeRecord(path: string): Promise<void> {
  await rm(`${path}.journal`, { force: true });
  await rm(`${path}.manifest`, { force: true });
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
