import { expect, it } from "vitest";
import { handOver } from "./put-recorded.ts";

const slot = (state: string) => ({
  ...{ piece: 0, shard: 0, deal: null, provider: null, commitment: null, cause: null },
  state,
  rawLength: 100,
});

it.each([
  [["EMPTY", "QUOTED"], 0, 0],
  [["PROPOSED", "PROPOSED"], 50, 50],
  [["RECEIPTED", "PROPOSED"], 130, 130],
  [["ACTIVE", "RECEIPTED"], 200, 300],
  [["ACTIVE", "ACTIVE"], 200, 400],
])("of %j, with %i bytes at providers, is at byte %i of 400", (states, handedOver, done) => {
  expect(handOver({ slots: states.map(slot), handedOver })).toEqual({ done, total: 400 });
});
