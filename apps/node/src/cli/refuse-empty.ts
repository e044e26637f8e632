import { CairnError } from "@cairn/protocol/errors";
import type { Command } from "commander";
import { nameOf } from "./usage-error.ts";

/** An empty argument is nearly always an unset variable of a script: taken as it stands it would name the working directory, or nothing. */
export function refuseEmpty(command: Command): void {
  // The word that a shell asks about may be empty still.
  if (command.name() === "complete") return;
  command.args.forEach((value, index) => {
    if (value === "") {
      const argument = command.registeredArguments[index] ?? command.registeredArguments.at(-1);
      throw empty(`<${argument?.name() ?? index + 1}>`, command);
    }
  });
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (value === "" || (Array.isArray(value) && value.includes(""))) throw empty(option.long ?? option.flags, command);
  }
}

const empty = (what: string, command: Command) =>
  new CairnError(`${what} is empty`, {
    code: "empty-argument",
    kind: "input",
    next: `Give it a value, or leave it out where it may be; \`${nameOf(command)} --help\` shows how.`,
    details: { field: what },
  });
