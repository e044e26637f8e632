import { ERROR_GROUPS } from "@cairn/protocol/error-codes";
import { expect, it } from "vitest";
import { adviceOf, namesCommand } from "./advice.ts";

/** The groups whose errors may come to a page. */
const GROUPS: readonly string[] = [
  "Owner's operations",
  "Packages and deals",
  "Users, tokens, wallets and limits",
  "Several rooms",
];
/** Raised where no page hears of them; or what to do is done with a command, by whoever runs the gateway. */
const BY_COMMAND = new Set<string>(["home-corrupt", "blobs-answer", "wrong-link", "wrong-login"]);

it("has words of its own for whatever the gateway or the owner's side refuses with advice to run a command", () => {
  const groups = ERROR_GROUPS.filter(({ title }) => GROUPS.includes(title));
  expect(groups).toHaveLength(GROUPS.length);
  const entries = groups.flatMap(({ errors }) => Object.entries<{ means: string; next?: string }>(errors));
  const left = entries.filter(([code, { next }]) => namesCommand(adviceOf({ code, next }) ?? ""));
  expect(left.map(([code]) => code).filter((code) => !BY_COMMAND.has(code))).toEqual([]);
  expect(entries.length).toBeGreaterThan(50);
});

it("leaves advice as it is that names no command, and what it does not know", () => {
  expect(adviceOf({ code: "path-not-found", next: "Choose another." })).toBe("Choose another.");
  expect(adviceOf({ code: "unknown-package" })).toBeUndefined();
  expect(adviceOf({ code: "toString", next: "Run `cairn up`." })).toBe("Run `cairn up`.");
  expect(adviceOf({ code: "path-not-found", next: "`cairn show p --files` lists it." })).toMatch(/^Files /);
});
