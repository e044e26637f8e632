import { machineClock } from "@cairn/process/machine-clock";
import { expect, it } from "vitest";
import { paceOf } from "./pace.ts";

it("takes at least as long as the rate says, and ends with its signal", async () => {
  const began = performance.now();
  const pace = paceOf(machineClock, 1_000_000, new AbortController().signal);
  for (let part = 0; part < 10; part++) await pace(10_000);
  expect(performance.now() - began).toBeGreaterThan(95);
  const stopped = new AbortController();
  const waiting = paceOf(machineClock, 1, stopped.signal)(1000);
  stopped.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});
