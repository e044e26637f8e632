import { CairnError, type CairnErrorOptions } from "@cairn/protocol/errors";
import type { Command, CommanderError } from "commander";

type Usage = Pick<CairnErrorOptions, "code" | "kind">;

/** What a command line can be wrong in, by the parser's codes. */
const USAGES = new Map(
  Object.entries<Usage>({
    "commander.unknownCommand": { code: "unknown-command", kind: "input" },
    "commander.help": { code: "missing-command", kind: "input" },
    "commander.unknownOption": { code: "unknown-option", kind: "input" },
    "commander.missingArgument": { code: "missing-argument", kind: "input" },
    "commander.excessArguments": { code: "too-many-arguments", kind: "input" },
    "commander.optionMissingArgument": { code: "missing-value", kind: "input" },
    "commander.invalidArgument": { code: "bad-value", kind: "input" },
  }),
);

/** A command line that cannot be understood, as an error like any other; undefined when the parser only showed what was asked for. */
export function usageError(program: Command, error: CommanderError, words: readonly string[]): CairnError | undefined {
  if (error.exitCode === 0) return undefined;
  const command = commandOf(program, words);
  const asked = error.code === "commander.help" ? unknownTopic(program, words) : undefined;
  if (asked !== undefined) {
    return new CairnError(`there is no command "${asked}"`, {
      code: "unknown-command",
      kind: "input",
      cause: error,
      next: `The commands are: ${commandsOf(program)}.`,
    });
  }
  const usage = USAGES.get(error.code) ?? { code: "bad-usage", kind: "input" };
  const [said = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const message =
    error.code === "commander.help"
      ? `${nameOf(command)} needs a command: ${commandsOf(command)}`
      : error.code === "commander.missingArgument" && words.includes("--stdin-from-command")
        ? "--stdin-from-command needs a command, after --"
        : said;
  const help = `\`${nameOf(command)} --help\` shows what is allowed.`;
  return new CairnError(message.replace(/\.$/, ""), {
    ...usage,
    cause: error,
    next: suggestion === undefined ? help : `${suggestion.replace(/^\((.*)\)$/, "$1")} ${help}`,
  });
}

/** The command that the words of a command line lead to, as far as they name one. */
function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    if (word.startsWith("-")) continue;
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next === undefined) break;
    command = next;
  }
  return command;
}

/** What `help` was asked about, where there is no such command. */
function unknownTopic(program: Command, words: readonly string[]): string | undefined {
  const [first, topic] = words.filter((word) => !word.startsWith("-"));
  if (first !== "help" || topic === undefined) return undefined;
  return program.commands.some((one) => one.name() === topic || one.aliases().includes(topic)) ? undefined : topic;
}

const commandsOf = (command: Command): string =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name())
    .filter((name) => name !== "help")
    .join(", ");

/** `cairn key export`. */
export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
