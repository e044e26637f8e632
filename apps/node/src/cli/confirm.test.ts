import { expect, it } from "vitest";
import { verdictOf } from "./confirm.ts";

it("takes only a no for a no: a closed terminal and an empty line are no answer", () => {
  expect(["y", "Yes ", "n", "NO", "", "nope", "1", undefined].map(verdictOf)).toEqual([
    ...["yes", "yes", "no", "no"],
    ...["unanswered", "unanswered", "unanswered", "unanswered"],
  ]);
});
