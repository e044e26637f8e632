import type { CairnClient } from "@cairn/client";
import { CairnError } from "@cairn/core";
import { describe, expect, it } from "vitest";
import { breakOff } from "./put-broken-off.ts";

const failure = new CairnError("no answer from http://gateway", { code: "gateway-unreachable", kind: "unavailable" });
const put = { id: "ab".repeat(16), name: "folder", error: failure, signed: false, interrupted: false };

/** A session of which only the way to undo is used. */
const session = (answer?: CairnError) => {
  const abandonPackage = async () => {
    if (answer !== undefined) throw answer;
    return {};
  };
  return { client: { abandonPackage } as unknown as CairnClient };
};
const committed = new CairnError("it is PLACING", { code: "wrong-state", kind: "conflict" });
const unknown = new CairnError("no such package", { code: "package-unknown", kind: "missing" });

describe("a put that fails on its way", () => {
  it("is undone, and says why it failed", async () => {
    await expect(breakOff(session(), put)).rejects.toBe(failure);
    await expect(breakOff(session(unknown), put)).rejects.toBe(failure);
    await expect(breakOff(session(), { ...put, interrupted: true })).rejects.toMatchObject({
      code: "interrupted",
      message: expect.stringContaining("nothing was paid"),
    });
  });

  it("is followed when its deals were agreed all the same", async () => {
    await expect(breakOff(session(committed), { ...put, signed: true })).resolves.toBeUndefined();
    await expect(breakOff(session(committed), { ...put, signed: true, interrupted: true })).rejects.toMatchObject({
      code: "interrupted",
      message: expect.stringContaining("being handed over"),
    });
  });

  it("says what is certain when nobody answers any more", async () => {
    await expect(breakOff(session(failure), put)).rejects.toMatchObject({
      code: "put-broken-off",
      message: expect.stringContaining("nothing was paid"),
      next: expect.stringContaining("cairn rm"),
    });
    await expect(breakOff(session(failure), { ...put, signed: true })).rejects.toMatchObject({
      code: "put-unknown",
      next: expect.stringContaining("cairn show"),
    });
  });
});
