import { ManualClock } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import { expect, it } from "vitest";
import { whileBusy } from "./while-busy.ts";

const failing = (code: "upload-busy" | "wrong-state", times: number) => {
  let asked = 0;
  return {
    asked: () => asked,
    ask: async () => {
      asked += 1;
      if (asked <= times) throw new CairnError(code, { code, kind: "conflict" });
      return "kept";
    },
  };
};
const clock = Object.assign(new ManualClock(0), { sleep: async () => undefined });

it("asks until the broken request has ended, and gives up after a minute and at any other refusal", async () => {
  const [twice, always, wrong] = [failing("upload-busy", 2), failing("upload-busy", 9999), failing("wrong-state", 1)];
  expect(await whileBusy(clock, twice.ask)).toBe("kept");
  await expect(whileBusy(clock, always.ask)).rejects.toMatchObject({ code: "upload-busy" });
  await expect(whileBusy(clock, wrong.ask)).rejects.toMatchObject({ code: "wrong-state" });
  expect([twice, always, wrong].map(({ asked }) => asked())).toEqual([3, 200, 1]);
});

it("waits no longer than its signal", async () => {
  const stop = new AbortController();
  const busy = failing("upload-busy", 9999);
  const ask = () => {
    if (busy.asked() === 2) stop.abort(new Error("stopped"));
    return busy.ask();
  };
  const waits = whileBusy(clock, ask, stop.signal);
  await expect(waits).rejects.toThrow("stopped");
  expect(busy.asked()).toBe(3);
});
