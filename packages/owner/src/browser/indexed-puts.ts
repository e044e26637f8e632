import type { Checkpoint } from "@cairn/archive/browser";
import { CairnError } from "@cairn/protocol/errors";
import { JournalLines } from "../journal-lines.ts";
import { nameHash } from "../labels.ts";
import type { Owner } from "../ports.ts";
import type { PutHead, PutRecord, PutRecords } from "../put-records.ts";
import type { Change, IndexedTables } from "./indexed-tables.ts";
import type { DirectoryHandle, FileHandle, LockManager } from "./platform.ts";

/** The gateway keeps an upload that nobody goes on with for a day; what is older than this is of no use to anybody. */
const KEPT_MILLISECONDS = 7 * 86_400_000;
const RECORDS = "puts";
const LINES = "put-lines";
const MANIFESTS = "put-manifests";
const HANDLES = "put-handles";
/** The line that the package's name is bound to. */
const NAME_LINE = -1;

/** What stands for a record, beside its lines. */
interface Kept {
  /** Milliseconds since 1970: when it was begun. */
  at: number;
  /** The package's name, encrypted as the lines are. */
  name: Uint8Array;
}

type Handle = DirectoryHandle | FileHandle;

/** A put that was begun in this browser and is not over. */
export interface BegunHere {
  name: string;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * Records of puts in this browser. Every line is encrypted under a key of the account and bound to its place; reading ends at the first that does
 * not open. Session keys are not in it. One page at a time has a record, by a lock of the browser.
 */
export class IndexedPuts implements PutRecords {
  static readonly TABLES = [RECORDS, LINES, MANIFESTS, HANDLES] as const;
  readonly #database: string;
  readonly #tables: IndexedTables;
  readonly #owner: Pick<Owner, "lookupKey">;

  constructor(database: string, tables: IndexedTables, owner: Pick<Owner, "lookupKey">) {
    this.#database = database;
    this.#tables = tables;
    this.#owner = owner;
  }

  /** @throws CairnError `put-under-way` when another page puts under this name */
  async open(name: string): Promise<PutRecord> {
    const release = await this.#lock(name);
    if (release === undefined) throw underWay(name);
    try {
      await this.#removeStale();
      const key = this.#keyOf(name);
      const cipher = new JournalLines(this.#owner, key);
      return await IndexedPut.read({ tables: this.#tables, key, name, cipher, release });
    } catch (error) {
      release();
      throw error;
    }
  }

  async forget(name: string): Promise<void> {
    const release = await this.#lock(name);
    if (release === undefined) return;
    try {
      await this.#tables.change(removal(this.#keyOf(name)));
    } finally {
      release();
    }
  }

  /** What was begun here and is not over, oldest first: another put of the same name goes on with it. */
  async begun(): Promise<BegunHere[]> {
    const keys = (await this.#tables.keys(RECORDS)) as string[];
    const begun = await Promise.all(
      keys.map(async (key) => {
        // Undefined where another tab has removed it since the keys were read.
        const kept = (await this.#tables.get(RECORDS, key)) as Kept | undefined;
        if (kept === undefined) return [];
        const { at, name } = kept;
        const opened = new JournalLines(this.#owner, key).open(name, NAME_LINE);
        return typeof opened === "string" && !isStale(at) ? [{ name: opened, at }] : [];
      }),
    );
    return begun.flat().toSorted((a, b) => a.at - b.at);
  }

  /** How many were begun here and may be gone on with: their names are encrypted, their number is not. */
  async count(): Promise<number> {
    const kept = (await this.#tables.all(RECORDS)) as Kept[];
    return kept.filter(({ at }) => !isStale(at)).length;
  }

  /** Keep what a put reads, where the browser has handles: `pickedHandles` of them lists it again once the person has allowed it. */
  async keepHandles(name: string, handles: readonly Handle[]): Promise<void> {
    await this.#tables.change([{ table: HANDLES, key: this.#keyOf(name), put: handles }]);
  }

  async hasHandles(name: string): Promise<boolean> {
    return (await this.#tables.get(HANDLES, this.#keyOf(name))) !== undefined;
  }

  /**
   * The handles of a put that was begun here, readable again. Call it when the person has clicked: a browser asks for leave then only.
   * Undefined where there are none, or the person says no: they can choose the folder again.
   */
  async handlesOf(name: string): Promise<Handle[] | undefined> {
    const handles = (await this.#tables.get(HANDLES, this.#keyOf(name))) as Handle[] | undefined;
    for (const handle of handles ?? []) {
      const state = (await handle.queryPermission?.({ mode: "read" })) ?? "granted";
      if (state !== "granted" && (await handle.requestPermission?.({ mode: "read" })) !== "granted") return undefined;
    }
    return handles;
  }

  #keyOf(name: string): string {
    return nameHash(this.#owner, name).slice(2);
  }

  /** What gives the lock back, or undefined where another page has it. */
  async #lock(name: string): Promise<(() => void) | undefined> {
    const { locks } = globalThis.navigator as unknown as { locks: LockManager };
    return new Promise((resolve, reject) => {
      const held = locks.request(`${this.#database} ${this.#keyOf(name)}`, { ifAvailable: true }, (lock) => {
        if (lock === null) resolve(undefined);
        else return new Promise<void>((release) => resolve(release));
        return Promise.resolve();
      });
      held.catch(reject);
    });
  }

  async #removeStale(): Promise<void> {
    for (const key of (await this.#tables.keys(RECORDS)) as string[]) {
      const kept = (await this.#tables.get(RECORDS, key)) as Kept | undefined;
      if (kept !== undefined && isStale(kept.at)) await this.#tables.change(removal(key));
    }
  }
}

interface Place {
  tables: IndexedTables;
  key: string;
  name: string;
  cipher: JournalLines;
  release: () => void;
}

class IndexedPut implements PutRecord {
  head: PutHead | undefined;
  checkpoints: readonly Checkpoint[] = [];
  readonly #place: Place;
  #lines = 0;
  #closed = false;

  private constructor(place: Place) {
    this.#place = place;
  }

  static async read(place: Place): Promise<IndexedPut> {
    const put = new IndexedPut(place);
    const checkpoints: Checkpoint[] = [];
    for (const [line, bytes] of (await place.tables.below(LINES, place.key)).entries()) {
      const value = place.cipher.open(bytes as Uint8Array, line);
      if (value === undefined) break;
      if (line === 0) put.head = value as PutHead;
      else checkpoints.push(value as Checkpoint);
      put.#lines = line + 1;
    }
    put.checkpoints = checkpoints;
    return put;
  }

  async begin(head: PutHead, checkpoints: readonly Checkpoint[] = []): Promise<void> {
    const { tables, key, name, cipher } = this.#place;
    const kept: Kept = { at: Date.now(), name: cipher.encrypt(name, NAME_LINE) };
    await tables.change([
      { table: LINES, deleteBelow: key },
      { table: RECORDS, key, put: kept },
      ...[head, ...checkpoints].map((value, line) => this.#line(value, line)),
    ]);
    this.#lines = checkpoints.length + 1;
    this.head = head;
    this.checkpoints = checkpoints;
  }

  async add(checkpoint: Checkpoint): Promise<void> {
    // What still comes from a packing that was interrupted.
    if (this.#closed) return;
    const line = this.#line(checkpoint, this.#lines++);
    // What a power cut takes is only encrypted again.
    await this.#place.tables.change([line], "relaxed");
  }

  async keepManifest(manifest: Uint8Array): Promise<void> {
    await this.#place.tables.change([{ table: MANIFESTS, key: this.#place.key, put: manifest }]);
  }

  async manifest(): Promise<Uint8Array | undefined> {
    return (await this.#place.tables.get(MANIFESTS, this.#place.key)) as Uint8Array | undefined;
  }

  async forget(): Promise<void> {
    await this.#place.tables.change(removal(this.#place.key));
    this.head = undefined;
    this.checkpoints = [];
    this.#lines = 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#place.release();
  }

  #line(value: PutHead | Checkpoint, line: number): Change {
    return { table: LINES, key: [this.#place.key, line], put: this.#place.cipher.encrypt(value, line) };
  }
}

const isStale = (at: number): boolean => Date.now() - at > KEPT_MILLISECONDS;

const removal = (key: string): Change[] => [
  { table: LINES, deleteBelow: key },
  ...[RECORDS, MANIFESTS, HANDLES].map((table) => ({ table, delete: key })),
];

function underWay(name: string): CairnError {
  return new CairnError(`${name} is being put in another tab or window`, {
    code: "put-under-way",
    kind: "conflict",
    next: "Wait until it has ended there, or put under another name.",
  });
}
