/** How many files there are of a media type, and how many plaintext bytes they have together. */
export interface TypeCount {
  files: number;
  bytes: number;
}

/** By media type. */
export type TypeCounts = Record<string, TypeCount>;

/** As many as a label has room for, with the rest under `OTHER`. */
const MOST_TYPES = 16;
const OTHER = "other";

/** Counts files by their types, those with most bytes first; types beyond the sixteen largest are counted together, as "other". */
export function countTypes(files: Iterable<{ size: number; type?: string | undefined }>): TypeCounts {
  const counts = new Map<string, TypeCount>();
  const add = (type: string, { files: more, bytes }: TypeCount): void => {
    const count = counts.get(type) ?? { files: 0, bytes: 0 };
    counts.set(type, { files: count.files + more, bytes: count.bytes + bytes });
  };
  for (const { size, type = OTHER } of files) add(type, { files: 1, bytes: size });
  const sorted = [...counts].sort(([a, x], [b, y]) => y.bytes - x.bytes || y.files - x.files || (a < b ? -1 : 1));
  counts.clear();
  for (const [place, [type, count]] of sorted.entries()) add(place < MOST_TYPES ? type : OTHER, count);
  return Object.fromEntries(counts);
}

/** The counts of several packages together. */
export function sumTypes(all: Iterable<TypeCounts>): TypeCounts {
  const sum = new Map<string, TypeCount>();
  for (const counts of all) {
    for (const [type, { files, bytes }] of Object.entries(counts)) {
      const before = sum.get(type) ?? { files: 0, bytes: 0 };
      sum.set(type, { files: before.files + files, bytes: before.bytes + bytes });
    }
  }
  return Object.fromEntries([...sum].sort(([, x], [, y]) => y.bytes - x.bytes || y.files - x.files));
}

/** What was decoded, where it is such counts: neither a manifest nor a label of another version is refused for them. */
export function typeCountsOf(value: unknown): TypeCounts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const counts: [string, TypeCount][] = [];
  for (const [type, count] of Object.entries(value).slice(0, MOST_TYPES + 1)) {
    const { files, bytes } = (count ?? {}) as Partial<TypeCount>;
    if (!isCount(files) || !isCount(bytes) || !/^[!-~]{1,127}$/.test(type)) return undefined;
    counts.push([type, { files, bytes }]);
  }
  return Object.fromEntries(counts);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
