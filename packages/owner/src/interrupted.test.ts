import { CairnError } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { interruptedAs, untilInterrupted } from "./interrupted.ts";

const outer = { message: "interrupted: nothing was sent", next: "Again." };
const inner = { message: "interrupted: it is stored", next: "Look." };
const failing = async () => {
  throw new Error("broken");
};

describe("work that is interrupted", () => {
  it("fails in the words of the innermost that has its own", async () => {
    const aborted = AbortSignal.abort();
    const nested = () => interruptedAs(aborted, inner, failing);
    await expect(interruptedAs(aborted, outer, nested)).rejects.toMatchObject({ code: "interrupted", ...inner });
    await expect(interruptedAs(aborted, outer, failing)).rejects.toMatchObject({ code: "interrupted", ...outer });
  });

  it("fails with its own error where nobody interrupted it", async () => {
    const { signal } = new AbortController();
    await expect(interruptedAs(signal, outer, failing)).rejects.toThrow("broken");
    const own = new CairnError("no", { code: "declined", kind: "conflict" });
    await expect(interruptedAs(signal, outer, () => Promise.reject(own))).rejects.toBe(own);
  });

  it("is waited for no longer", async () => {
    const controller = new AbortController();
    const waiting = untilInterrupted(controller.signal, new Promise(() => undefined));
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(await untilInterrupted(new AbortController().signal, Promise.resolve(7))).toBe(7);
  });
});
