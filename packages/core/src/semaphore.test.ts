import { describe, expect, it } from "vitest";
import { eachBounded, Semaphore } from "./semaphore.ts";

describe("Semaphore", () => {
  it("lets `size` in at once, the smallest priority number first", async () => {
    const semaphore = new Semaphore(2);
    const order: string[] = [];
    const gates = new Map<string, () => void>();
    let inside = 0;
    let most = 0;
    const task = (name: string) => async () => {
      order.push(name);
      most = Math.max(most, ++inside);
      await new Promise<void>((resolve) => gates.set(name, resolve));
      inside--;
    };
    const all = [
      semaphore.run(task("a")),
      semaphore.run(task("b")),
      semaphore.run(task("c"), 5),
      semaphore.run(task("d"), 1),
      semaphore.run(task("e"), 5),
    ];
    for (const name of ["a", "b", "d", "c", "e"]) {
      while (!gates.has(name)) await new Promise((resolve) => setImmediate(resolve));
      gates.get(name)!();
    }
    await Promise.all(all);
    expect(order).toEqual(["a", "b", "d", "c", "e"]);
    expect(most).toBe(2);
  });

  it("lets a running task give way to all that wait, and goes on with it after them", async () => {
    const semaphore = new Semaphore(1);
    const order: string[] = [];
    const first = semaphore.run(async ({ giveWay }) => {
      order.push("begun");
      await giveWay();
      order.push("ended");
    });
    const others = [1, 2].map((n) => semaphore.run(async () => order.push(`other ${n}`), n));
    await Promise.all([first, ...others]);
    await semaphore.run(async ({ giveWay }) => {
      await giveWay();
      order.push("alone");
    });
    expect(order).toEqual(["begun", "other 1", "other 2", "ended", "alone"]);
  });

  it("lets no more pass one that gave way than waited then, though others keep coming", async () => {
    const semaphore = new Semaphore(1);
    let turns = 0;
    let passed = 0;
    let stop = false;
    const patient = semaphore.run(async ({ giveWay }) => {
      for (let i = 0; i < 5; i++) {
        turns++;
        await turn();
        await giveWay();
      }
      return passed;
    }, 1);
    const coming = async (priority: number) => {
      while (!stop && passed < 1000) {
        await semaphore.run(async () => {
          passed++;
          await turn();
        }, priority);
      }
    };
    const others = [0, 5, 5, 5].map(coming);
    // Four wait whenever it gives way.
    expect(await patient).toBeLessThanOrEqual(20);
    expect(turns).toBe(5);
    stop = true;
    await Promise.all(others);
  });

  it("lets the urgent that come later go before those that wait, in place of one of them", async () => {
    const semaphore = new Semaphore(1);
    const order: string[] = [];
    const named = (name: string) => async () => {
      order.push(name);
      await turn();
    };
    const first = semaphore.run(async ({ giveWay }) => {
      await giveWay();
      order.push("gave way");
    });
    const late = semaphore.run(named("late"), 5);
    const later = semaphore.run(named("later"), 5);
    await turn();
    const urgent = semaphore.run(named("urgent"), 0);
    const more = semaphore.run(named("more"), 0);
    await Promise.all([first, late, later, urgent, more]);
    expect(order).toEqual(["late", "urgent", "gave way", "more", "later"]);
  });

  it("loses no place and gains none when one that gave way is stopped", async () => {
    const semaphore = new Semaphore(1);
    const stop = new AbortController();
    let release: () => void = () => undefined;
    const first = semaphore.run(({ giveWay }) => giveWay(), 0, stop.signal);
    const second = semaphore.run(() => new Promise<void>((resolve) => (release = resolve)));
    const refused = expect(first).rejects.toThrow("stopped");
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error("stopped"));
    await refused;
    let entered = false;
    const third = semaphore.run(async () => {
      entered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(entered).toBe(false);
    release();
    await Promise.all([second, third]);
    expect(entered).toBe(true);
  });

  it("forgets who gives up, and goes on after a failure", async () => {
    const semaphore = new Semaphore(1);
    const giveUp = new AbortController();
    let release: () => void = () => undefined;
    const first = semaphore.run(() => new Promise<void>((resolve) => (release = resolve)));
    const second = semaphore.run(async () => "never", 0, giveUp.signal);
    const third = semaphore.run(async () => {
      throw new Error("broken");
    });
    const fourth = semaphore.run(async () => "reached");
    giveUp.abort(new Error("given up"));
    await expect(second).rejects.toThrow("given up");
    release();
    await first;
    await expect(third).rejects.toThrow("broken");
    await expect(fourth).resolves.toBe("reached");
  });
});

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
