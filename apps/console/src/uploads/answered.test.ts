import { afterAll, afterEach, expect, it, vi } from "vitest";
import { answered } from "./answered.ts";
import { dropAll, insert, type Offer, uploadOf } from "./upload-list.ts";

const offer = {} as Offer;
// A page is asked about its being closed while uploads are under way; Node has none.
vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("removeEventListener", () => undefined);
afterEach(dropAll);
afterAll(() => {
  vi.unstubAllGlobals();
});
const begun = () => insert({ number: 1, name: "folder", handles: [], stage: { at: "quoting" }, away: false });

it("offers nothing of an upload that was stopped before the offer was there", async () => {
  begun();
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  await expect(answered(1, offer, stop.signal)).rejects.toThrow("stopped");
  expect(uploadOf(1)?.stage.at).toBe("quoting");
});

it("waits for a yes, a no or a stop", async () => {
  begun();
  const { signal } = new AbortController();
  const yes = answered(1, offer, signal);
  await Promise.resolve();
  const agreeing = uploadOf(1)?.stage;
  if (agreeing?.at === "offered") agreeing.agree();
  await yes;
  expect(uploadOf(1)?.stage.at).toBe("signing");

  const no = answered(1, offer, signal);
  const declining = uploadOf(1)?.stage;
  if (declining?.at === "offered") declining.discard();
  await expect(no).rejects.toMatchObject({ code: "declined" });

  const stop = new AbortController();
  const stopped = answered(1, offer, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(stopped).rejects.toThrow("stopped");
});
