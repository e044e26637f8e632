import { expect, it } from "vitest";
import { nextOf } from "./check.ts";

it.each([
  [["damaged", "missing"], "They are being rebuilt from the others; "],
  [["silent", "silent"], "They will be rebuilt unless it comes back; "],
  [
    ["silent", "damaged"],
    "The others are being rebuilt. Those of a silent provider will be rebuilt unless it comes back; ",
  ],
])("of shards that are %j, check does not say more than is being done", (results, words) => {
  expect(nextOf(results.map((result) => ({ result })))).toBe(`${words}follow it with \`cairn events --follow\`.`);
});
