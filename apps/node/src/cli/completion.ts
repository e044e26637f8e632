// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the braces are the shells' own.
import { resolve } from "node:path";
import { printable } from "@cairn/core/printable";
import { shellWord } from "@cairn/core/shell-word";
import { nameOf } from "@cairn/owner/package-name";
import type { Command } from "commander";
import { loadLookupKey } from "../account/load-secrets.ts";
import { homeAt } from "../home/home.ts";
import { calledAs } from "./as-called.ts";
import { openSession } from "./session.ts";

/** Commands whose first argument is a package of the owner. */
const TAKE_PACKAGE = new Set(["get", "show", "check", "rm", "mv", "cat", "downstream offer"]);

const SCRIPTS = {
  bash: [
    "_cairn() {",
    '  local i word before line rest="${COMP_LINE:0:COMP_POINT}" words=()',
    "  COMPREPLY=()",
    // Readline splits words at colons too: what no blank stands between is one word.
    "  for ((i = 0; i <= COMP_CWORD; i++)); do",
    '    word="${COMP_WORDS[i]}"',
    '    if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then words+=("$word"); else words[${#words[@]} - 1]+="$word"; fi',
    '    rest="${rest#*"$word"}"',
    "  done",
    // Only what stands behind the last colon is replaced.
    "  [[ $word == *[!:]* ]] || word=",
    '  before="${words[${#words[@]} - 1]%"$word"}"',
    '  before="${before//\\\\/}"',
    '  words=("${words[@]//\\\\/}")',
    // Line by line, as a name may be a pattern that fits files.
    '  while IFS= read -r line; do COMPREPLY+=("${line#"$before"}"); done < <(cairn complete -- "${words[@]:1}" 2>/dev/null)',
    "}",
    "complete -o default -o filenames -F _cairn cairn",
  ],
  zsh: [
    "#compdef cairn",
    "_cairn() {",
    "  local -a found",
    '  found=("${(@f)$(cairn complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")',
    '  if (( ${#found[1]} )); then compadd -- "${found[@]}"; else _files; fi',
    "}",
    "compdef _cairn cairn",
  ],
  fish: ["complete -c cairn -a '(cairn complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'"],
} as const;

export type Shell = keyof typeof SCRIPTS;
export const SHELLS = Object.keys(SCRIPTS) as Shell[];

/** `node PATH`, quoted where a shell needs it, with the path as it holds in any folder; any other name as it is. */
function calledAnywhere(called: string): string {
  const [, quoted, plain] = /^node (?:'(.*)'|(.*))$/s.exec(called) ?? [];
  const path = quoted?.replaceAll("'\\''", "'") ?? plain;
  return path === undefined ? called : `node ${shellWord(resolve(path))}`;
}

/** Print a shell's script; it asks `cairn complete` for every word, from whatever folder. */
export function completion(shell: Shell): void {
  const script = SCRIPTS[shell]
    .join("\n")
    .replaceAll("(cairn complete", () => `(${calledAnywhere(calledAs())} complete`);
  process.stdout.write(`${script}\n`);
}

/** Print what the last of the words may become, one a line; nothing where only a file can follow, or where nobody answers. */
export async function complete(program: Command, words: string[]): Promise<void> {
  const started = words.at(-1) ?? "";
  const { command, path, given } = commandOf(program, words.slice(0, -1));
  const choices = started.startsWith("-")
    ? command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? [])
    : command.commands.length > 0
      ? command.commands.map((one) => one.name()).filter((name) => name !== "complete")
      : TAKE_PACKAGE.has(path) && given === 0 && !started.includes("/")
        ? await packageNames(words)
        : [];
  const found = choices.filter((choice) => choice.startsWith(started));
  process.stdout.write(found.map((choice) => `${choice}\n`).join(""));
}

/** The command that some words name, and how many arguments follow it. */
function commandOf(program: Command, words: string[]): { command: Command; path: string; given: number } {
  let command = program;
  const path: string[] = [];
  let given = 0;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? "";
    if (word.startsWith("-")) {
      const option = command.options.find(({ long, short }) => long === word || short === word);
      if (option?.required) i += 1;
      continue;
    }
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) given += 1;
    else {
      command = next;
      path.push(word);
    }
  }
  return { command, path: path.join(" "), given };
}

async function packageNames(words: string[]): Promise<string[]> {
  const at = words.indexOf("--home");
  const options = { json: true, ...(at === -1 ? {} : { home: words[at + 1] ?? "" }) };
  const account = await loadLookupKey(homeAt(options.home));
  const packages = await (await openSession(options)).client.packages();
  return packages
    .filter(({ state }) => !["REMOVED", "ABANDONED", "EXPIRED"].includes(state))
    .map((found) => nameOf(account, found))
    .filter((name) => printable(name) === name);
}
