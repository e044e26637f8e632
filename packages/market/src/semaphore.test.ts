import { describe, expect, it } from "vitest";
import { Semaphore } from "./semaphore.ts";

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
