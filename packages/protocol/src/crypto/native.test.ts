import fc from "fast-check";
import { expect, it } from "vitest";
import { crypto } from "./native.ts";
import { crypto as pure } from "./noble.ts";

it("is native where this platform has prebuilt addons", () => {
  if (process.platform === "linux" && process.arch === "x64")
    expect(crypto.native).toEqual({ keccak: true, curve: true });
});

it("hashes as JavaScript does, each time anew", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (data) => {
      expect(crypto.keccak(data)).toEqual(pure.keccak(data));
      expect(Buffer.from(crypto.sha256(data)).equals(pure.sha256(data))).toBe(true);
    }),
  );
});
