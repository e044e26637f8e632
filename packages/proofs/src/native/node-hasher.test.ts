import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { PieceHasher } from "../piece-hasher.ts";
import { seededBytes } from "../testing/seeded-bytes.ts";
import { nodeHasher, pickNodeHasher, wasmNodeHasher } from "./node-hasher.ts";

const layer = seededBytes(64 * 11, 5);

describe("node hashers", () => {
  it("prefer the native addon, which loads on this platform", () => {
    expect(nodeHasher.name).toBe("native");
  });

  it("fall back to WASM when the addon does not load", async () => {
    const picked = await pickNodeHasher(() => Promise.reject(new Error("no native binding")));
    expect(picked).toBe(wasmNodeHasher);
  });

  it.each([nodeHasher, wasmNodeHasher])("$name gives SHA-256 of every 64-byte pair", (hasher) => {
    const out = new Uint8Array(layer.length / 2);
    hasher.hashInto(layer, out);
    for (let i = 0; i < 11; i++) {
      const expected = createHash("sha256")
        .update(layer.subarray(64 * i, 64 * (i + 1)))
        .digest();
      expect(Buffer.from(out.subarray(32 * i, 32 * (i + 1))).equals(expected)).toBe(true);
    }
  });

  it.each([0, 1, 127, 128, 8128 * 3 + 5, 127 * 4096 * 2 + 12_345])(
    "lead to equal roots and trees at %i bytes",
    (size) => {
      const bytes = seededBytes(size, size + 1);
      const [native, wasm] = [nodeHasher, wasmNodeHasher].map((hasher) =>
        new PieceHasher({ hasher, collectTree: true }).update(bytes).digestTree(),
      );
      expect(native!.root).toEqual(wasm!.root);
      expect(Buffer.compare(native!.tree.serialise(), wasm!.tree.serialise())).toBe(0);
    },
  );
});
