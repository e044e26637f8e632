import { describe, expect, it } from "vitest";
import { FairQueue } from "./fair-queue.ts";

const ROOMY = { waiting: 1000, waitingOfClient: 1000 };

/** Serves one piece after another, each at `cost`, and says in which order. */
function serve(queue: FairQueue<string>, cost: (work: string) => number, pieces = Number.POSITIVE_INFINITY): string[] {
  const served: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) {
    served.push(next.work);
    queue.charge(next.client, cost(next.work));
    if (served.length >= pieces) break;
  }
  return served;
}

describe("a fair queue", () => {
  it("serves a newcomer next, however much another has waiting", () => {
    const queue = new FairQueue<string>(ROOMY);
    const flood = {};
    for (let n = 0; n < 100; n++) queue.add(flood, "flood");
    expect(serve(queue, () => 10, 3)).toEqual(["flood", "flood", "flood"]);
    queue.add({}, "newcomer");
    expect(serve(queue, () => 10, 1)).toEqual(["newcomer"]);
    expect(queue.size).toBe(97);
  });

  it("divides by cost, not by number", () => {
    const queue = new FairQueue<string>(ROOMY);
    const [dear, cheap] = [{}, {}];
    for (let n = 0; n < 20; n++) {
      queue.add(dear, "dear");
      queue.add(cheap, "cheap");
    }
    const served = serve(queue, (work) => (work === "dear" ? 10 : 1), 22);
    expect(served.filter((work) => work === "cheap")).toHaveLength(20);
  });

  it("keeps the order of one client's work, and of equals", () => {
    const queue = new FairQueue<string>(ROOMY);
    const one = {};
    for (const work of ["a", "b", "c"]) queue.add(one, work);
    expect(serve(queue, () => 1)).toEqual(["a", "b", "c"]);
    for (const work of ["d", "e", "f"]) queue.add({}, work);
    expect(serve(queue, () => 1)).toEqual(["d", "e", "f"]);
  });

  it("gives nobody credit for having been idle", () => {
    const queue = new FairQueue<string>(ROOMY);
    const [busy, idle] = [{}, {}];
    queue.add(idle, "idle");
    serve(queue, () => 1);
    for (let n = 0; n < 50; n++) queue.add(busy, "busy");
    serve(queue, () => 10);
    for (let n = 0; n < 10; n++) {
      queue.add(idle, "idle");
      queue.add(busy, "busy");
    }
    expect(serve(queue, () => 10, 4).filter((work) => work === "busy")).toHaveLength(2);
  });

  it("bounds what waits, of one client and in all, and forgets a client that left", () => {
    const queue = new FairQueue<string>({ waiting: 3, waitingOfClient: 2 });
    const [one, two] = [{}, {}];
    expect([queue.add(one, "1"), queue.add(one, "2"), queue.add(one, "3")]).toEqual([true, true, false]);
    expect([queue.add(two, "4"), queue.add(two, "5")]).toEqual([true, false]);
    expect(queue.drop(one)).toEqual(["1", "2"]);
    expect(queue.add(two, "6")).toBe(true);
    expect(serve(queue, () => 1)).toEqual(["4", "6"]);
  });
});
