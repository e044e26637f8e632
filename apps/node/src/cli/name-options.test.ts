import { DEAL_SORTS, ENTRY_KINDS, SEVERITIES } from "@cairn/catalog";
import { DEAL_STATES } from "@cairn/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { buildProgram } from "./build-program.ts";
import { someOf } from "./name-options.ts";
import { usageError } from "./usage-error.ts";

it("takes each name in letters of either case, and refuses every other text", () => {
  const read = someOf(DEAL_STATES);
  expect(read("active, Failed")).toEqual(["ACTIVE", "FAILED"]);
  const other = fc.string().filter((text) => !DEAL_STATES.some((name) => name === text.trim().toUpperCase()));
  fc.assert(fc.property(other, (text) => void expect(() => read(text)).toThrow()));
});

async function refusal(...words: string[]) {
  const program = buildProgram().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  for (const command of program.commands) command.exitOverride();
  const fault = await program.parseAsync(words, { from: "user" }).catch((error) => error);
  return usageError(program, fault, words);
}

it.each([
  ["events", "--severity", "warn", "info, warning, error"],
  ["events", "--severity", "info,nonsense", "info, warning, error"],
  ["deals", "--state", "foo", "active, completed"],
  ["statement", "--kind", "foo", "escrow, pay, earned"],
])("cairn %s %s %s is refused with what there is", async (command, option, value, names) => {
  const fault = await refusal(command, option, value);
  expect(fault).toMatchObject({ code: "bad-value", kind: "input" });
  expect(fault?.message).toContain(names);
});

it("names in the help what the gateway takes", () => {
  const help = (name: string) =>
    buildProgram()
      .commands.find((one) => one.name() === name)!
      .helpInformation()
      .replace(/\s+/g, " ");
  expect(help("events")).toContain(SEVERITIES.join(", "));
  expect(help("statement")).toContain(ENTRY_KINDS.join(", "));
  expect(help("deals")).toContain("proposed, active, completed, cancelled, expired, failed");
  for (const sort of DEAL_SORTS) expect(help("deals")).toContain(`"${sort}"`);
});
