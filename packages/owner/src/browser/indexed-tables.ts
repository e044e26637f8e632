/** A database of the browser, as far as it is used here: typed by hand, as platform.ts says. */
interface Request<T = unknown> {
  result: T;
  error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface Store {
  get(key: Key): Request;
  put(value: unknown, key: Key): Request;
  delete(key: Key | object): Request;
  getAllKeys(): Request<Key[]>;
  getAll(range?: object): Request<unknown[]>;
}
interface Transaction {
  objectStore(name: string): Store;
  abort(): void;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  onerror: (() => void) | null;
  error: unknown;
}
interface Database {
  createObjectStore(name: string): unknown;
  readonly objectStoreNames: { contains(name: string): boolean };
  transaction(names: readonly string[], mode: string, options?: { durability: "strict" | "relaxed" }): Transaction;
  close(): void;
  onversionchange: (() => void) | null;
}
interface Factory {
  open(name: string, version: number): Request<Database> & { onupgradeneeded: (() => void) | null; onblocked: unknown };
}
interface KeyRanges {
  bound(from: Key, to: Key): object;
}

export type Key = string | readonly (string | number)[];

/** One step of a change: all of a list are made, or none is. */
export type Change =
  | { table: string; put: unknown; key: Key }
  | { table: string; delete: Key }
  /** Every key that is a list and begins so. */
  | { table: string; deleteBelow: string };

/** Tables of one database of this browser, made when they are first used. */
export class IndexedTables {
  readonly #name: string;
  readonly #tables: readonly string[];
  #database: Promise<Database> | undefined;

  /** @param name of the database; with the same name always the same tables */
  constructor(name: string, tables: readonly string[]) {
    this.#name = name;
    this.#tables = tables;
  }

  async get(table: string, key: Key): Promise<unknown> {
    return this.#read(table, (store) => store.get(key));
  }

  async keys(table: string): Promise<Key[]> {
    return this.#read(table, (store) => store.getAllKeys());
  }

  async all(table: string): Promise<unknown[]> {
    return this.#read(table, (store) => store.getAll());
  }

  /** In the order of their keys: what has a key that is a list and begins so. */
  async below(table: string, first: string): Promise<unknown[]> {
    return this.#read(table, (store) => store.getAll(rangeBelow(first)));
  }

  /** Make all of these changes, or none where it rejects; they are on the disk when this resolves, unless `relaxed`. */
  async change(changes: readonly Change[], durability: "strict" | "relaxed" = "strict"): Promise<void> {
    const database = await this.#open();
    const transaction = database.transaction([...new Set(changes.map(({ table }) => table))], "readwrite", {
      durability,
    });
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      try {
        for (const change of changes) {
          const store = transaction.objectStore(change.table);
          if ("put" in change) store.put(change.put, change.key);
          else store.delete("delete" in change ? change.delete : rangeBelow(change.deleteBelow));
        }
      } catch (error) {
        // A value that cannot be cloned or a key that is none throws at once: the steps before it would be committed.
        reject(error);
        transaction.abort();
      }
    });
  }

  /**
   * Read and write one row in one step: no other tab writes it in between.
   * @param next of the row as it is, undefined where there is none; what it throws is thrown, and nothing is written
   * @returns what was written
   */
  async update<T>(table: string, key: Key, next: (before: unknown) => T): Promise<T> {
    const database = await this.#open();
    const transaction = database.transaction([table], "readwrite", { durability: "strict" });
    const store = transaction.objectStore(table);
    return new Promise<T>((resolve, reject) => {
      const reading = store.get(key);
      reading.onsuccess = () => {
        try {
          const written = next(reading.result);
          store.put(written, key);
          transaction.oncomplete = () => resolve(written);
        } catch (error) {
          reject(error);
          transaction.abort();
        }
      };
      transaction.onabort = () => reject(transaction.error);
    });
  }

  async close(): Promise<void> {
    (await this.#database)?.close();
    this.#database = undefined;
  }

  async #read<T>(table: string, ask: (store: Store) => Request<T>): Promise<T> {
    const database = await this.#open();
    return settled(ask(database.transaction([table], "readonly").objectStore(table)));
  }

  #open(): Promise<Database> {
    this.#database ??= this.#opened().catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }

  async #opened(): Promise<Database> {
    const { indexedDB } = globalThis as unknown as { indexedDB: Factory };
    const opening = indexedDB.open(this.#name, 1);
    opening.onupgradeneeded = () => {
      for (const table of this.#tables) opening.result.createObjectStore(table);
    };
    const database = await settled(opening);
    // A page of a later version, or one that deletes all, is not kept waiting.
    database.onversionchange = () => {
      this.#database = undefined;
      database.close();
    };
    return database;
  }
}

/** Lists are sorted behind all numbers and texts (Indexed Database API, 2.4). */
function rangeBelow(first: string): object {
  const { IDBKeyRange } = globalThis as unknown as { IDBKeyRange: KeyRanges };
  return IDBKeyRange.bound([first], [first, Number.POSITIVE_INFINITY]);
}

function settled<T>(request: Request<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
