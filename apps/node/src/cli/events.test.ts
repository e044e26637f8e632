import type { EventJson } from "@cairn/client";
import { expect, it } from "vitest";
import { lineOf } from "./events.ts";

const event: EventJson = {
  id: 1,
  at: 1_763_000_000,
  kind: "deal-failed",
  severity: "warning",
  package: "00112233445566778899aabbccddeeff",
  provider: `0x${"ab".repeat(20)}`,
  deal: null,
  message: "A deal failed.",
  next: null,
};

it.each([
  [{ packageName: "letters", providerName: "provider-3" }, {}, "letters, provider-3: A deal failed."],
  [{ packageName: null, providerName: null }, {}, "00112233, 0xabababab…: A deal failed."],
  [{ packageName: "letters", providerName: null }, { provider: null }, "letters: A deal failed."],
  [
    { packageName: null, providerName: null },
    { package: null, provider: null, next: "Wait." },
    "A deal failed. → Wait.",
  ],
])("an event says what it is about: %j %j", (names, other, words) => {
  expect(lineOf({ ...event, ...other }, names)).toBe(`02:13:20 ! ${words}`);
});
