import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { handOver, showCommitments } from "./put-recorded.ts";

const slot = (state: string) => ({
  ...{ piece: 0, shard: 0, deal: null, provider: null, commitment: null, cause: null },
  state,
  rawLength: 100,
});

it.each([
  [["EMPTY", "QUOTED"], 0, 0],
  [["PROPOSED", "PROPOSED"], 50, 25],
  [["RECEIPTED", "PROPOSED"], 130, 65],
  [["ACTIVE", "RECEIPTED"], 200, 150],
  [["ACTIVE", "ACTIVE"], 200, 200],
])("of %j, with %i bytes at providers, is at byte %i of 200", (states, handedOver, done) => {
  expect(handOver({ slots: states.map(slot), handedOver })).toEqual({ done, total: 200 });
});

it.each([
  { state: "COMMITTING", progress: { done: 500, total: 2000 }, shown: /^Computing commitments: 500 B of 2.00 kB/ },
  // Of shards, of which each takes several steps.
  { state: "COMMITTED", progress: { done: 0, total: 32 }, shown: /^Computing commitments: …\n$/ },
])("the bar of the commitments takes only their progress for theirs: $state", async ({ state, progress, shown }) => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const client = { package: async () => ({ state, progress }) as never };
  expect(await showCommitments({ client, output: { progress: "lines" } }, "1", sleep(20, "done"))).toBe("done");
  const said = write.mock.calls.map(([text]) => text).join("");
  write.mockRestore();
  expect(said).toMatch(shown);
});
