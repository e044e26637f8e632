import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlobStore } from "./blob-store.ts";

const MIB = 1_048_576;

async function* parts(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Counted bytes: each position tells where it is. */
function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) + seed) & 0xff;
  return bytes;
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  for await (const part of bytes) {
    expect(part.length).toBeGreaterThan(0);
    expect(part.length).toBeLessThanOrEqual(MIB);
    kept.push(part);
  }
  const whole = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of kept) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function keysOf(store: BlobStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

function same(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  let differs = -1;
  for (let i = 0; i < expected.length && differs < 0; i++) if (actual[i] !== expected[i]) differs = i;
  expect(differs).toBe(-1);
}

/**
 * What every BlobStore does. `use` runs its argument with an empty store and disposes of the store afterwards.
 */
export function blobStoreSuite(name: string, use: (test: (store: BlobStore) => Promise<void>) => Promise<void>): void {
  const check = (title: string, test: (store: BlobStore) => Promise<void>) => it(title, () => use(test));

  describe(`${name} as a BlobStore`, () => {
    check("gives back what was put, of any size", async (store) => {
      for (const length of [0, 1, 127, 65_536, MIB - 1, MIB, MIB + 1, 3 * MIB + 17]) {
        const bytes = pattern(length, length);
        expect(await store.putIfAbsent(`sizes/${length}`, parts(bytes))).toBe(true);
        expect(await store.size(`sizes/${length}`)).toBe(length);
        same(await collect(store.read(`sizes/${length}`)), bytes);
      }
    });

    check("takes any cutting of the bytes, and does not keep the source's buffers", async (store) => {
      const bytes = pattern(2 * MIB + 300_001);
      async function* reusing() {
        const buffer = new Uint8Array(300_000);
        let at = 0;
        for (let step = 1; at < bytes.length; step = (step * 7) % 299_993) {
          const part = bytes.subarray(at, at + step);
          buffer.set(part);
          yield buffer.subarray(0, part.length);
          buffer.fill(0xee, 0, part.length);
          at += part.length;
        }
      }
      await store.putIfAbsent("cut", reusing());
      same(await collect(store.read("cut")), bytes);
    });

    check("reads any range, and refuses one outside the object", async (store) => {
      const bytes = pattern(2 * MIB + 5);
      await store.putIfAbsent("ranges", parts(bytes));
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length), fc.nat(bytes.length), async (one, other) => {
          const [from, to] = one < other ? [one, other] : [other, one];
          same(await collect(store.read("ranges", from, to - from)), bytes.subarray(from, to));
        }),
        { numRuns: 25 },
      );
      same(await collect(store.read("ranges", 2 * MIB)), bytes.subarray(2 * MIB));
      const outside: [number, number?][] = [
        [-1],
        [bytes.length + 1],
        [0, bytes.length + 1],
        [bytes.length, 1],
        [5, -1],
        [0.5],
        [0, Number.NaN],
        [Number.POSITIVE_INFINITY],
      ];
      for (const [offset, length] of outside) {
        await expect(collect(store.read("ranges", offset, length))).rejects.toMatchObject({ code: "blob-range" });
      }
    });

    check("can be read by several at once, and left in the middle", async (store) => {
      const bytes = pattern(3 * MIB);
      await store.putIfAbsent("shared", parts(bytes));
      for await (const part of store.read("shared")) {
        expect(part.length).toBeGreaterThan(0);
        break;
      }
      const readers = await Promise.all([1, 2, 3].map(() => collect(store.read("shared"))));
      for (const read of readers) same(read, bytes);
    });

    check("does not have what was not put", async (store) => {
      expect(await store.size("nothing")).toBeUndefined();
      await expect(collect(store.read("nothing"))).rejects.toMatchObject({ code: "blob-missing" });
      await store.remove("nothing");
      expect(await keysOf(store)).toEqual([]);
    });

    check("never changes an object", async (store) => {
      expect(await store.putIfAbsent("once", parts(pattern(10)))).toBe(true);
      expect(await store.putIfAbsent("once", parts(pattern(20, 9)))).toBe(false);
      same(await collect(store.read("once")), pattern(10));
    });

    check("lets exactly one of several puts of a key win", async (store) => {
      const won = await Promise.all(
        [1, 2, 3, 4, 5].map((n) => store.putIfAbsent("race/x", parts(pattern(n * 1000, n)))),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      const winner = won.indexOf(true) + 1;
      same(await collect(store.read("race/x")), pattern(winner * 1000, winner));
    });

    check("stores nothing when the source fails, and takes the key afterwards", async (store) => {
      async function* failing() {
        yield pattern(MIB);
        yield pattern(MIB);
        throw new Error("the source broke");
      }
      await expect(store.putIfAbsent("half", failing())).rejects.toThrow("the source broke");
      expect(await store.size("half")).toBeUndefined();
      expect(await keysOf(store)).toEqual([]);
      expect(await store.putIfAbsent("half", parts(pattern(3)))).toBe(true);
    });

    check("shows an object only when it is whole", async (store) => {
      let open: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      async function* slow() {
        yield pattern(MIB);
        await gate;
        yield pattern(MIB);
      }
      const put = store.putIfAbsent("slow", slow());
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await store.size("slow")).toBeUndefined();
      expect(await keysOf(store)).toEqual([]);
      open();
      expect(await put).toBe(true);
      expect(await store.size("slow")).toBe(2 * MIB);
    });

    check("forgets what was removed, also when a reader still reads", async (store) => {
      const bytes = pattern(3 * MIB);
      await store.putIfAbsent("a/b/gone", parts(bytes));
      const reader = store.read("a/b/gone")[Symbol.asyncIterator]();
      await reader.next();
      await store.remove("a/b/gone");
      await reader.return?.();
      expect(await store.size("a/b/gone")).toBeUndefined();
      expect(await store.putIfAbsent("a/b/gone", parts(pattern(5, 5)))).toBe(true);
      same(await collect(store.read("a/b/gone")), pattern(5, 5));
    });

    check("keeps a key apart from those below it, and lists by prefix in order", async (store) => {
      const keys = [
        "a",
        "a-b",
        "a.b",
        "a/b",
        "a/b-c",
        "a/b.c",
        "a/b/c",
        "a/b/c/d",
        "a/bc",
        "a0",
        "b",
        "A/b",
        "c/.x/..y",
      ];
      for (const key of keys) await store.putIfAbsent(key, parts(pattern(key.length)));
      const sorted = keys.toSorted();
      for (const prefix of ["", "a", "a/", "a/b", "a/b/", "a/b/c", "c/.", "zz", "a/b/c/d/e"]) {
        expect(await keysOf(store, prefix), prefix).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }
      for await (const { key, size } of store.list("")) expect(size).toBe(key.length);
      await store.remove("a/b");
      expect(await keysOf(store, "a/b")).toEqual(["a/b-c", "a/b.c", "a/b/c", "a/b/c/d", "a/bc"]);
    });

    check("can be changed by several while it is listed", async (store) => {
      const puts = Array.from({ length: 40 }, async (_, n) => {
        await store.putIfAbsent(`busy/${n % 5}/${n}`, parts(pattern(n)));
        if (n % 2 === 0) await store.remove(`busy/${n % 5}/${n}`);
      });
      const lists = Array.from({ length: 5 }, () => keysOf(store, "busy/"));
      await Promise.all([...puts, ...lists]);
      expect(await keysOf(store, "busy/")).toHaveLength(20);
    });

    check("refuses keys of any other form", async (store) => {
      const bad = [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/../b",
        "a/./b",
        "a b",
        "a\\b",
        "ä",
        "a\0",
        "a=b",
        "x".repeat(201),
      ];
      const long = Array.from({ length: 12 }, () => "y".repeat(100)).join("/");
      for (const key of [...bad, long]) {
        await expect(store.putIfAbsent(key, parts(pattern(1))), key).rejects.toMatchObject({ code: "blob-key" });
        await expect(store.size(key), key).rejects.toMatchObject({ code: "blob-key" });
        await expect(collect(store.read(key)), key).rejects.toMatchObject({ code: "blob-key" });
        await expect(store.remove(key), key).rejects.toMatchObject({ code: "blob-key" });
      }
      expect(await keysOf(store)).toEqual([]);
      expect(await keysOf(store, "../")).toEqual([]);
    });
  });
}
