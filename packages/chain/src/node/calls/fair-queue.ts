/** Work of one client waits here until it is its turn. */
interface Waiting<T> {
  work: T;
  client: object;
  /** The client's use when its turn may come: the order in which clients are served. */
  start: number;
}

export interface QueueLimits {
  /** Pieces of work that may wait, in all and of one client. */
  waiting: number;
  waitingOfClient: number;
}

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996): the client that has used least is served next, whatever the others have piled up. A client
 * that was idle does not save up what it left unused, so one that begins now ranks with the one in service.
 */
export class FairQueue<T> {
  readonly #limits: QueueLimits;
  #waiting: Waiting<T>[] = [];
  readonly #used = new WeakMap<object, number>();
  readonly #counts = new WeakMap<object, number>();
  #now = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Whether there was a place; `false` leaves everything as it was. */
  add(client: object, work: T): boolean {
    const count = this.#counts.get(client) ?? 0;
    if (this.#waiting.length >= this.#limits.waiting || count >= this.#limits.waitingOfClient) return false;
    this.#counts.set(client, count + 1);
    this.#waiting.push({ work, client, start: Math.max(this.#now, this.#used.get(client) ?? 0) });
    return true;
  }

  /** What is served next, of clients that `mayServe`; among equals, what came first. */
  take(mayServe: (client: object) => boolean = () => true): { work: T; client: object } | undefined {
    let best = -1;
    for (const [index, { client }] of this.#waiting.entries()) {
      if (mayServe(client) && (best < 0 || this.#rank(index) < this.#rank(best))) best = index;
    }
    if (best < 0) return undefined;
    this.#now = Math.max(this.#now, this.#rank(best));
    const [next] = this.#waiting.splice(best, 1) as [Waiting<T>];
    this.#counts.set(next.client, (this.#counts.get(next.client) ?? 1) - 1);
    return next;
  }

  /** Note what a client's work has cost, in any unit that is the same for all. */
  charge(client: object, cost: number): void {
    this.#used.set(client, Math.max(this.#now, this.#used.get(client) ?? 0) + cost);
  }

  /** Forget what a client has waiting; returns it. */
  drop(client: object): T[] {
    const dropped = this.#waiting.filter((entry) => entry.client === client).map(({ work }) => work);
    this.#waiting = this.#waiting.filter((entry) => entry.client !== client);
    this.#counts.delete(client);
    return dropped;
  }

  #rank(index: number): number {
    const { client, start } = this.#waiting[index] as Waiting<T>;
    return Math.max(start, this.#used.get(client) ?? 0);
  }
}
