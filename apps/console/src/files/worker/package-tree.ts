import type { ManifestEntry } from "@cairn/archive/browser";
import { displayName, nameOfDisplay } from "@cairn/archive/browser";
import type { Row } from "../messages.ts";

/** The entries of one package, by their folders: a listing costs what it lists. */
export class PackageTree {
  readonly entries: readonly ManifestEntry[];
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #files: Float64Array;
  readonly #bytes: Float64Array;
  #searched: string[] | undefined;

  constructor(entries: readonly ManifestEntry[]) {
    this.entries = entries;
    const count = entries.length;
    this.#first = new Int32Array(count).fill(-1);
    this.#next = new Int32Array(count).fill(-1);
    this.#files = new Float64Array(count);
    this.#bytes = new Float64Array(count);
    // Children come behind their parents: from the end on, every sum is complete when it is added to its parent's.
    for (let index = count - 1; index >= 0; index--) {
      const entry = entries[index]!;
      if (entry.kind === "file") {
        this.#files[index] = 1;
        this.#bytes[index] = entry.size;
      }
      if (index === 0) break;
      this.#next[index] = this.#first[entry.parent]!;
      this.#first[entry.parent] = index;
      this.#files[entry.parent] = this.#files[entry.parent]! + this.#files[index]!;
      this.#bytes[entry.parent] = this.#bytes[entry.parent]! + this.#bytes[index]!;
    }
  }

  /** In the manifest's order. */
  *children(index: number): Generator<number> {
    for (let at = this.#first[index] ?? -1; at >= 0; at = this.#next[at]!) yield at;
  }

  row(index: number): Row {
    const { name, kind, seconds } = this.entries[index]!;
    const [size, files] = [this.#bytes[index]!, this.#files[index]!];
    return { index, name: displayName(name), kind, size, files, seconds };
  }

  rows(index: number): Row[] {
    return Array.from(this.children(index), (at) => this.row(at));
  }

  /** By shown names below the root; undefined where there is nothing of that path. */
  find(path: readonly string[]): number | undefined {
    if (this.entries.length === 0) return undefined;
    let index = 0;
    for (const shown of path) {
      const name = nameOfDisplay(shown);
      let below = -1;
      for (const at of this.children(index)) {
        if (this.entries[at]!.name !== name) continue;
        below = at;
        break;
      }
      if (below < 0) return undefined;
      index = below;
    }
    return index;
  }

  /** Names below the root, as they are. */
  names(index: number): string[] {
    const names: string[] = [];
    for (let at = index; at > 0; at = this.entries[at]!.parent) names.push(this.entries[at]!.name);
    return names.reverse();
  }

  path(index: number): string[] {
    return this.names(index).map(displayName);
  }

  /** Everything below, itself first, parents before what they hold. */
  *below(index: number): Generator<number> {
    const waiting = [index];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      yield at;
      const within = [...this.children(at)];
      for (let last = within.length - 1; last >= 0; last--) waiting.push(within[last]!);
    }
  }

  /** Entries of which every word stands in the name, in whatever case and composition. The root is the package, whose name is its owner's. */
  *having(words: readonly string[]): Generator<number> {
    this.#searched ??= this.entries.map(({ name }) => searched(name));
    const names = this.#searched;
    const first = this.entries[0]?.kind === "file" ? 0 : 1;
    for (let index = first; index < names.length; index++) {
      if (words.every((word) => names[index]!.includes(word))) yield index;
    }
  }
}

/** As names are compared with what is typed. */
export const searched = (text: string): string => text.normalize("NFKC").toLowerCase();
