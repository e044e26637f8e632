import { expect, it } from "vitest";
import { briefly } from "./briefly.ts";

/** A question of which each answer is given by hand. */
function question() {
  const asked: { answer(value: number): void; fail(error: Error): void }[] = [];
  const ask = () => new Promise<number>((resolve, reject) => asked.push({ answer: resolve, fail: reject }));
  return { asked, ask };
}

it("asks once for all who ask meanwhile, and for a second after", async () => {
  let now = 0;
  const { asked, ask } = question();
  const brief = briefly(ask, () => now);
  const waiting = Array.from({ length: 100 }, brief);
  now = 4_000;
  waiting.push(brief());
  expect(asked).toHaveLength(1);
  asked[0]?.answer(7);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([7]));
  now += 999;
  expect(await brief()).toBe(7);
  expect(asked).toHaveLength(1);
  now += 1;
  void brief();
  expect(asked).toHaveLength(2);
});

it("gives a failure to those who waited for it alone", async () => {
  const { asked, ask } = question();
  const brief = briefly(ask, () => 0);
  const [first, second] = [brief(), brief()];
  asked[0]?.fail(new Error("away"));
  await expect(first).rejects.toThrow("away");
  await expect(second).rejects.toThrow("away");
  const third = brief();
  asked[1]?.answer(8);
  expect(await third).toBe(8);
});

it("asks anew when an answer does not come", async () => {
  const { asked, ask } = question();
  let now = 0;
  const brief = briefly(ask, () => now);
  void brief();
  now = 4999;
  void brief();
  expect(asked).toHaveLength(1);
  now = 5000;
  const later = brief();
  asked[1]?.answer(9);
  expect(await later).toBe(9);
});
