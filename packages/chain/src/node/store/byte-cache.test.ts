import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteCache } from "./byte-cache.ts";

describe("ByteCache", () => {
  it("answers with what was put in, or with nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.boolean()), { maxLength: 300 }), (operations) => {
        const cache = new ByteCache(5_000);
        for (const [key, isPut] of operations) {
          if (isPut) cache.set(key, Buffer.from(key));
          const found = cache.get(key);
          if (isPut) expect(found).toEqual(Buffer.from(key));
          else if (found !== undefined) expect(found).toEqual(Buffer.from(key));
        }
      }),
    );
  });

  it("holds no more than its bound, and keeps what is used", () => {
    const cache = new ByteCache(100_000);
    cache.set("hot", new Uint8Array(10));
    let kept = 0;
    for (let n = 0; n < 2_000; n++) {
      cache.set(`cold ${n}`, new Uint8Array(300));
      expect(cache.get("hot")).toBeDefined();
    }
    for (let n = 0; n < 2_000; n++) if (cache.get(`cold ${n}`) !== undefined) kept++;
    expect(kept).toBeGreaterThan(50);
    expect(kept).toBeLessThanOrEqual(200);
  });
});
