import { describe, expect, it } from "vitest";
import { eachBounded } from "./each-bounded.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("eachBounded", () => {
  it("works on every item, never on more than its places at once", async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await eachBounded([...Array(20).keys()], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      done.push(item);
    });
    expect(done.toSorted((a, b) => a - b)).toEqual([...Array(20).keys()]);
    expect(most).toBe(3);
  });

  it("goes on after an error, and throws the first one at the end", async () => {
    const done: number[] = [];
    const work = eachBounded([1, 2, 3, 4], 2, async (item) => {
      await turn();
      if (item < 3) throw new Error(`no ${item}`);
      done.push(item);
    });
    await expect(work).rejects.toThrow("no 1");
    expect(done).toEqual([3, 4]);
  });
});
