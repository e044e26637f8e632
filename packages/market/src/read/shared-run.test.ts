import { expect, it } from "vitest";
import { SharedRun } from "./shared-run.ts";

const open = () => {
  let finish: () => void = () => undefined;
  const run = new SharedRun(
    (signal) =>
      new Promise((resolve, reject) => {
        finish = resolve;
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  );
  return { run, finish: () => finish() };
};

it("goes on for the others when one who waits leaves", async () => {
  const { run, finish } = open();
  const [first, second] = [new AbortController(), new AbortController()];
  const [one, other] = [run.wait(first.signal), run.wait(second.signal)];
  first.abort(new Error("gone"));
  await expect(one).rejects.toThrow("gone");
  expect(run.isAbandoned).toBe(false);
  finish();
  await other;
});

it("is aborted when the last one leaves", async () => {
  const { run } = open();
  const stops = [new AbortController(), new AbortController()];
  const waits = stops.map(({ signal }) => run.wait(signal));
  for (const stop of stops) stop.abort(new Error("gone"));
  for (const wait of waits) await expect(wait).rejects.toThrow("gone");
  expect(run.isAbandoned).toBe(true);
  await run.ended;
});

it("fails for all as the work does", async () => {
  const run = new SharedRun(() => Promise.reject(new Error("broken")));
  const { signal } = new AbortController();
  for (const wait of [run.wait(signal), run.wait(signal)]) await expect(wait).rejects.toThrow("broken");
});
