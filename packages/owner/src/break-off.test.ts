import type { CairnClient } from "@cairn/client";
import { CairnError, type ErrorCode, type ErrorKind } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { breakOff } from "./break-off.ts";

const failure = new CairnError("no answer from http://gateway", { code: "gateway-unreachable", kind: "unavailable" });
const put = {
  id: "ab".repeat(16),
  name: "folder",
  error: failure,
  signed: false,
  interrupted: false,
  record: undefined,
  finish: "",
};

/** Nothing here waits for it. */
const clock = {
  sleep: async (_seconds: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve())),
};

/** A gateway of which only the way to undo is used. */
const session = (answer?: CairnError) => {
  const abandonPackage = async () => {
    if (answer !== undefined) throw answer;
    return {};
  };
  return { gateway: { abandonPackage } as unknown as CairnClient, clock };
};
const committed = new CairnError("it is PLACING", { code: "wrong-state", kind: "conflict" });
const unknown = new CairnError("no such package", { code: "unknown-package", kind: "missing" });

describe("a put that fails on its way", () => {
  it("is undone, and says why it failed", async () => {
    await expect(breakOff(session(), put)).rejects.toBe(failure);
    await expect(breakOff(session(unknown), put)).rejects.toBe(failure);
    await expect(breakOff(session(), { ...put, interrupted: true })).rejects.toMatchObject({
      code: "interrupted",
      message: expect.stringContaining("nothing was paid"),
    });
  });

  it("is kept with what was uploaded when that is recorded and its cause passes", async () => {
    let asked = 0;
    let forgotten = 0;
    const abandonPackage = async () => {
      asked += 1;
    };
    const gateway = { abandonPackage } as unknown as CairnClient;
    const forget = async () => {
      forgotten += 1;
    };
    const recorded = { ...put, record: { forget } };
    const error = new CairnError("a changed while it was read", {
      code: "file-changed",
      kind: "conflict",
      next: "Wait.",
    });
    const coded = (code: ErrorCode, kind: ErrorKind) => ({
      error: new CairnError("not now", { code, kind, next: "Wait." }),
    });
    for (const [cause, code] of [
      [{ interrupted: true }, "interrupted"],
      [{}, "put-broken-off"],
      [{ error }, "file-changed"],
      [coded("insufficient-funds", "exhausted"), "insufficient-funds"],
      [coded("too-few-providers", "unavailable"), "too-few-providers"],
      [coded("too-expensive", "conflict"), "too-expensive"],
      [coded("clocks-apart", "conflict"), "clocks-apart"],
      [coded("gateway-lies", "corrupt"), "gateway-lies"],
      [coded("internal", "internal"), "internal"],
      [{ ...coded("quotes-lapsed", "conflict"), signed: true }, "quotes-lapsed"],
      // A vault that has locked gave no signature, whatever the put was at.
      [{ ...coded("wallet-locked", "conflict"), signed: true }, "wallet-locked"],
    ] as const) {
      await expect(breakOff({ gateway, clock }, { ...recorded, ...cause })).rejects.toMatchObject({
        code,
        next: expect.stringContaining("goes on with the files that were uploaded whole"),
      });
    }
    expect([asked, forgotten]).toEqual([0, 0]);
    const stalled = { ...recorded, ...coded("path-stalled", "conflict"), isThere: true };
    await expect(breakOff({ gateway, clock }, stalled)).rejects.toMatchObject({
      next: "Wait. Then run the command again: what the gateway has not read whole it reads anew.",
    });
    expect([asked, forgotten]).toEqual([0, 0]);
    const refused = new CairnError("no space", { code: "no-space", kind: "exhausted" });
    await expect(breakOff({ gateway, clock }, { ...recorded, error: refused })).rejects.toBe(refused);
    const { error: declined } = coded("declined", "conflict");
    await expect(breakOff({ gateway, clock }, { ...recorded, error: declined })).rejects.toMatchObject({
      code: "declined",
    });
    expect([asked, forgotten]).toEqual([2, 2]);
  });

  it("is kept when nobody answered its price, and dropped with words on a no", async () => {
    const calls: string[] = [];
    const gateway = { abandonPackage: async () => calls.push("abandon") } as unknown as CairnClient;
    const record = { forget: async () => void calls.push("forget") };
    const answered = (code: "unanswered" | "declined") =>
      breakOff(
        { gateway, clock },
        { ...put, record, error: new CairnError("nothing was changed", { code, kind: "conflict", next: "Answer." }) },
      );
    await expect(answered("unanswered")).rejects.toMatchObject({
      code: "unanswered",
      next: expect.stringContaining("goes on with the files that were uploaded whole"),
    });
    expect(calls).toEqual([]);
    await expect(answered("declined")).rejects.toMatchObject({
      code: "declined",
      message: expect.stringContaining("what had been uploaded was dropped"),
    });
    expect(calls).toEqual(["abandon", "forget"]);
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
