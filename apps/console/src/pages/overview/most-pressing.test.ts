import { expect, it } from "vitest";
import type { Mood } from "../../kit/index.ts";
import { mostPressing } from "./most-pressing.ts";

it("shows what is lost before all that waits, keeps the order of equals, and says how many are left out", () => {
  const need = (mood: Mood, key: string) => ({ mood, key });
  const waiting = Array.from({ length: 30 }, (_, at) => need("warn", `waits ${at}`));
  const { shown, more } = mostPressing(
    [need("off", "ends"), need("warn", "copy"), ...waiting, need("bad", "lost")],
    20,
  );
  expect(shown.slice(0, 3).map(({ key }) => key)).toEqual(["lost", "copy", "waits 0"]);
  expect([shown.length, more]).toEqual([20, 13]);
  expect(mostPressing(waiting.slice(0, 20), 20).more).toBe(0);
});
