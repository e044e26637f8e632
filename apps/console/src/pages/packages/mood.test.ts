import { expect, it } from "vitest";
import { needsPerson, nextOf } from "./mood.ts";

it("needs the person for what only they can do, and for nothing that goes on by itself", () => {
  const needs = (state: string, next: string | null) => needsPerson({ state, next });
  for (const next of [
    "Wait.",
    "Wait; what is left of the escrow comes back.",
    "Nothing: it is asked again, and then another provider.",
    "It is tried again, more rarely each time.",
    "It will be tried again.",
    null,
  ])
    expect([next, needs("PLACING", next)]).toEqual([next, false]);
  for (const next of [
    "Wait for a cheaper provider, or remove the package and put the folder again.",
    "Bring the providers that hold the others back.",
    "Go on with `cairn put`.",
  ])
    expect([next, needs("PLACING", next)]).toEqual([next, true]);
  expect(needs("STORED", "Anything.")).toBe(false);
});

it("says what to do next in words of the console, where the API names a command", () => {
  expect(nextOf({ state: "COMMITTED", next: "Go on with `cairn put`." })).toBe("Go on with it under Upload.");
  expect(nextOf({ state: "DEGRADED", next: "Wait." })).toBe("Wait.");
});
