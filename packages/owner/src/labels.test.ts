import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decryptLabel, encryptLabel } from "./labels.ts";

const account = { lookupKey: randomBytes(32) };
const stranger = { lookupKey: randomBytes(32) };
const label = { name: "photos", files: 3, bytes: 1000 };
const [one, other] = ["ab".repeat(16), "cd".repeat(16)];

describe("a label", () => {
  it("opens for its owner at its own package only, and unchanged", () => {
    const encrypted = encryptLabel(account, one, label);
    expect(decryptLabel(account, one, encrypted)).toEqual(label);
    expect(() => decryptLabel(account, other, encrypted)).toThrowError(expect.objectContaining({ code: "wrong-key" }));
    expect(() => decryptLabel(stranger, one, encrypted)).toThrowError(expect.objectContaining({ code: "wrong-key" }));
    const bytes = Buffer.from(encrypted, "base64");
    for (const at of [0, 12, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => decryptLabel(account, one, changed.toString("base64"))).toThrowError(
        expect.objectContaining({ code: "wrong-key" }),
      );
    }
  });
});
