import type { Address } from "@cairn/protocol";
import { expect, it } from "vitest";
import { type HandOverPlace, HandOverPlaces } from "./hand-over-places.ts";
import { hex } from "./testing/market-world.ts";

const address = (n: number): Address => hex(n, 20);
const turn = () => new Promise((resolve) => setImmediate(resolve));

interface Running {
  name: string;
  place: HandOverPlace;
  end: () => void;
}

/** Places in which each hand-over runs until it is told to end. */
function openPlaces(size: number) {
  const places = new HandOverPlaces(size);
  const running: Running[] = [];
  let count = 0;
  return {
    places,
    running,
    begin(name: string, { owner = 1, provider = 1000 + count++, of = name, priority = 0 } = {}, signal?: AbortSignal) {
      return places.run(
        { owner: address(owner), provider: address(provider), package: of, priority },
        (place) => new Promise<void>((end) => running.push({ name, place, end })),
        signal,
      );
    },
    names: () => running.map(({ name }) => name),
  };
}

it("lets eight in, and another for each that gives its place up or ends", async () => {
  const { begin, running, names, places } = openPlaces(8);
  for (let i = 0; i < 10; i++) void begin(`${i}`);
  await turn();
  expect(names()).toHaveLength(8);
  running[0]!.place.giveUp();
  running[0]!.place.giveUp();
  await turn();
  expect(names()).toHaveLength(9);
  running[0]!.end();
  await turn();
  expect(names()).toHaveLength(9);
  running[1]!.end();
  await turn();
  expect(names()).toHaveLength(10);
  expect(places.waiting).toBe(0);
});

it("gives one provider two hand-overs at once, whether they have places or gave them up", async () => {
  const { begin, running, names } = openPlaces(8);
  for (const name of ["a", "b", "c", "d"]) void begin(name, { provider: 7 });
  void begin("other");
  await turn();
  expect(names()).toEqual(["a", "b", "other"]);
  running[0]!.place.giveUp();
  await turn();
  expect(names()).toEqual(["a", "b", "other"]);
  running[0]!.end();
  await turn();
  expect(names()).toEqual(["a", "b", "other", "c"]);
});

it("gives a free place to the owner with the fewest, then to what is urgent, then to the package with the fewest", async () => {
  const { begin, running, names } = openPlaces(3);
  for (const name of ["a", "b", "c"]) void begin(name, { owner: 1, of: "large" });
  await turn();
  void begin("large", { owner: 1, of: "large" });
  void begin("small", { owner: 1, of: "small" });
  void begin("urgent", { owner: 1, of: "large", priority: -1 });
  void begin("newcomer", { owner: 2 });
  for (let i = 0; i < 4; i++) {
    running[i]!.end();
    await turn();
  }
  expect(names()).toEqual(["a", "b", "c", "newcomer", "urgent", "small", "large"]);
});

it("gives a place to what waits longest before long, though more urgent hand-overs of others keep coming", async () => {
  const { begin, running, names } = openPlaces(1);
  void begin("running", { owner: 1 });
  void begin("first copy", { owner: 2 });
  for (let i = 0; i < 4; i++) {
    void begin(`heal ${i}`, { owner: 10 + i, priority: -1 });
    await turn();
    running.at(-1)!.end();
    await turn();
  }
  expect(names()).toContain("first copy");
});

it("gives a first copy its turn at a provider whose heals keep coming, while places are free and others begin in between", async () => {
  const { begin, running, names } = openPlaces(16);
  const end = async (name: string) => {
    await turn();
    running.find((one) => one.name === name)!.end();
    await turn();
  };
  for (const name of ["a", "b"]) void begin(name, { provider: 7 });
  void begin("first copy", { owner: 2, provider: 7 });
  for (const i of [1, 2]) void begin(`heal ${i}`, { owner: 10 + i, provider: 7, priority: -1 });
  await end("a");
  expect(names()).toEqual(["a", "b", "heal 1"]);
  void begin("elsewhere", { owner: 20 });
  void begin("heal elsewhere", { owner: 21, priority: -1 });
  await end("b");
  expect(names()).toEqual(["a", "b", "heal 1", "elsewhere", "heal elsewhere", "first copy"]);
  await end("heal 1");
  expect(names().at(-1)).toBe("heal 2");
});

it("forgets who is stopped while waiting, and goes on after a failure", async () => {
  const { begin, names, places } = openPlaces(1);
  const handOver = { owner: address(1), provider: address(1), package: "p", priority: 0 };
  let fail: (error: Error) => void = () => undefined;
  const first = places.run(handOver, () => new Promise((_, reject) => (fail = reject)));
  const stop = new AbortController();
  const stopped = begin("stopped", {}, stop.signal);
  void begin("next");
  await turn();
  stop.abort(new Error("stopped"));
  await expect(stopped).rejects.toThrow("stopped");
  fail(new Error("broken"));
  await expect(first).rejects.toThrow("broken");
  await turn();
  expect(names()).toEqual(["next"]);
});
