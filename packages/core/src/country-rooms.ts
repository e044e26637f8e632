/** Countries that a shard may lie in; undefined for any. */
export type Countries = readonly string[] | undefined;

/** Shards with the same countries: which of them lies where does not matter. */
interface Kind {
  /** Positions of countries that there are. */
  countries: readonly number[];
  /** Shards of this kind in each country, by position. */
  held: Uint32Array;
}

/**
 * Shards that each lie in a country of their list, in countries with room for so many: one matching that is kept whole while shards are
 * placed for good one by one, so that each costs at most one look at every list. Shards with equal lists are counted together, and providers
 * are counted by country. The country "" stands for providers that name none.
 *
 * Augmenting paths as in Ford and Fulkerson, "Maximal flow through a network" (1956), searched breadth first.
 */
export class CountryRooms {
  /** Whether every shard found a country. Unless it did, nobody can be taken. */
  readonly whole: boolean;
  /** Countries and kinds looked at so far: a measure of the work that does not depend on the machine. */
  steps = 0;
  readonly #names: readonly string[];
  readonly #free: number[];
  readonly #kindOf: Kind[];
  /** By country: the kinds whose list names it. */
  readonly #listing: Kind[][];

  /** @param rooms how many shards each country takes; other countries take none */
  constructor(shards: readonly Countries[], rooms: ReadonlyMap<string, number>) {
    this.#names = [...rooms.keys()];
    this.#free = [...rooms.values()];
    const position = new Map(this.#names.map((country, at) => [country, at]));
    const known = new Map<Countries, Kind>();
    const alike = new Map<string, Kind>();
    this.#kindOf = shards.map((list) => {
      const before = known.get(list);
      if (before !== undefined) return before;
      const there = new Set((list ?? this.#names).flatMap((country) => position.get(country) ?? []));
      const countries = Uint16Array.from(there).sort();
      const key = countries.join();
      const kind = alike.get(key) ?? { countries: [...countries], held: new Uint32Array(this.#names.length) };
      known.set(list, kind);
      alike.set(key, kind);
      return kind;
    });
    this.#listing = this.#names.map(() => []);
    for (const kind of alike.values()) for (const country of kind.countries) this.#listing[country]!.push(kind);
    this.whole = this.#kindOf.every((kind) => this.#add(kind));
  }

  /** Tells of a country whether one of its providers can have the shard, and all shards that are not placed yet find one still. */
  openTo(shard: number): (country: string) => boolean {
    if (!this.whole) return () => false;
    const kind = this.#kindOf[shard]!;
    const from = this.#remove(kind);
    const relieved = this.#relieved(kind.countries);
    this.#put(kind, from);
    const open = new Set(kind.countries.filter((at) => relieved.has(at)).map((at) => this.#names[at]));
    return (country) => open.has(country);
  }

  /** One provider in the country has the shard for good, as `openTo` allows. */
  take(shard: number, country: string): void {
    const kind = this.#kindOf[shard]!;
    const to = this.#names.indexOf(country);
    if (kind.held[to]! > 0) {
      // Its place is taken for good: neither is there any longer.
      kind.held[to]!--;
      return;
    }
    this.#remove(kind);
    if (this.#free[to] === 0) {
      const evicted = this.#listing[to]!.find((other) => other.held[to]! > 0)!;
      evicted.held[to]!--;
      if (!this.#add(evicted)) throw new RangeError(`no shard can be placed in ${country}`);
    } else this.#free[to]!--;
  }

  #put(kind: Kind, at: number): void {
    kind.held[at]!++;
    this.#free[at]!--;
  }

  /** @returns where one of the kind lay */
  #remove(kind: Kind): number {
    const at = kind.countries.find((country) => kind.held[country]! > 0)!;
    kind.held[at]!--;
    this.#free[at]!++;
    return at;
  }

  /** Find a country for one more shard of the kind, and move others for it where needed. */
  #add(kind: Kind): boolean {
    /** By country: the kind that would come there, and the country that it would leave; -1 for the new one. */
    const entry = new Map<number, { kind: Kind; from: number }>();
    const queue: { kind: Kind; from: number }[] = [{ kind, from: -1 }];
    const seen = new Set([kind]);
    for (const one of queue) {
      this.steps += one.kind.countries.length;
      const free = one.kind.countries.find((country) => this.#free[country]! > 0);
      if (free !== undefined) {
        this.#move(entry.set(free, one), free);
        return true;
      }
      for (const country of one.kind.countries) {
        if (entry.has(country)) continue;
        entry.set(country, one);
        for (const other of this.#listing[country]!) {
          this.steps++;
          if (other.held[country] === 0 || seen.has(other)) continue;
          seen.add(other);
          queue.push({ kind: other, from: country });
        }
      }
    }
    return false;
  }

  #move(entry: ReadonlyMap<number, { kind: Kind; from: number }>, free: number): void {
    this.#free[free]!--;
    for (let to = free; to >= 0; ) {
      const { kind, from } = entry.get(to)!;
      kind.held[to]!++;
      if (from >= 0) kind.held[from]!--;
      to = from;
    }
  }

  /** Whether a shard lies there that may still move; what was taken for good may not. */
  #holdsAny(country: number): boolean {
    this.steps += this.#listing[country]!.length;
    return this.#listing[country]!.some((kind) => kind.held[country]! > 0);
  }

  /** Countries that have room for one more shard, or would once others have moved; at least those of them that are `asked` for. */
  #relieved(asked: readonly number[]): Set<number> {
    const relieved = new Set(this.#free.flatMap((free, country) => (free > 0 ? [country] : [])));
    const full = new Set(asked.filter((country) => !relieved.has(country) && this.#holdsAny(country)));
    const seen = new Set<Kind>();
    // What is added to a set while it is gone through is gone through as well.
    for (const country of relieved) {
      if (full.size === 0) break;
      for (const kind of this.#listing[country]!) {
        this.steps++;
        if (seen.has(kind)) continue;
        seen.add(kind);
        for (const left of kind.countries) {
          this.steps++;
          if (kind.held[left] === 0) continue;
          relieved.add(left);
          full.delete(left);
        }
        if (full.size === 0) break;
      }
    }
    return relieved;
  }
}
