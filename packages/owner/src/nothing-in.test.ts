import { expect, it } from "vitest";
import { nothingIn } from "./nothing-in.ts";

const found = { id: "ab".repeat(16), next: "Put the folder again to keep it." };

it.each(["EXPIRED", "REMOVED", "ABANDONED"])(
  "says of a package that is %s that it is over, not that it is to come",
  (state) => {
    const { message, next } = nothingIn("photos", { ...found, state }, "get");
    expect(message).toBe(`photos is ${state}: there is nothing to get any more`);
    expect(next).toMatch(/^Its deals are over\. `cairn ls`/);
  },
);

it("says what to do about one that is not stored yet", () => {
  expect(nothingIn("photos", { ...found, state: "RECEIVING", next: "Go on." }, "read")).toMatchObject({
    message: "photos is RECEIVING: there is nothing to read yet",
    next: "Go on.",
  });
});
