import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { buildProgram } from "./build-program.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const SOURCES = ["packages/*/src/**/*.ts", "apps/*/src/**/*.ts", "bin/**/*.{ts,mjs}", "README.md", "docs/*.md"];
const files = globSync(SOURCES, { cwd: ROOT })
  .filter((file) => !/\.(test|suite)\.ts$|\/testing\//.test(file))
  .sort();

/** `cairn …` as far as it is the command: to its closing quote, or else to what ends it in a sentence or a shell. */
function commandsIn(text: string): { line: string; quoted: boolean }[] {
  const plain = text.replaceAll("\\`", "`").replace(/\$\{[^{}]*\}/g, "VALUE");
  return [...plain.matchAll(/(`?)(?<![\w./@-])cairn ([a-z][^`"'\n]*)(`?)/g)].map(([, open, words, close]) => {
    const quoted = open === "`" && close === "`";
    const [line] = (words as string).split(quoted ? /\s[|>#]|…/ : /[,;:)…<\\]|\.(?:\s|$)|\s[|>#&—–]|\s{3}/);
    return { line: line!.trim(), quoted };
  });
}

/** What is wrong with a command line, or undefined. */
function faultOf(line: string, quoted: boolean): string | undefined {
  let command: Command = buildProgram();
  let given = 0;
  const words = line.split(/\s+/);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!.replace(/[[\]()]/g, "");
    if (word.startsWith("--") && word !== "--") {
      const [flag, value] = word.split("=");
      if (flag === "--help" || flag === "--version") continue;
      const option = command.options.find(({ long }) => long === flag);
      if (option === undefined) return `${command.name()} has no option ${flag}`;
      if (option.required && value === undefined) at += 1;
      continue;
    }
    const next =
      given === 0 ? command.commands.find((one) => [one.name(), ...one.aliases()].includes(word)) : undefined;
    if (next !== undefined) command = next;
    else if (at === 0) return `there is no command ${word}`;
    // Some take arguments beside commands of their own.
    else if (command.commands.length > 0 && command.registeredArguments.length === 0 && given === 0)
      return `${command.name()} has no command ${word}`;
    else given += 1;
  }
  const most = command.registeredArguments.some(({ variadic }) => variadic)
    ? Infinity
    : command.registeredArguments.length;
  return quoted && given > most ? `${command.name()} takes ${most} arguments` : undefined;
}

describe("every command that a hint, a comment or a page names", () => {
  it("is one, with the options that it is shown with", () => {
    let found = 0;
    const wrong: string[] = [];
    for (const file of files) {
      for (const { line, quoted } of commandsIn(readFileSync(join(ROOT, file), "utf8"))) {
        found += 1;
        const fault = faultOf(line, quoted);
        if (fault !== undefined) wrong.push(`${file}: cairn ${line}: ${fault}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(found).toBeGreaterThan(150);
  });

  it("stands in backticks within a sentence, so that it is shown as the program was called", () => {
    const bare = /[:;] cairn [a-z]/;
    expect('say("Start one with: cairn up")').toMatch(bare);
    const wrong = files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) =>
        readFileSync(join(ROOT, file), "utf8")
          .split("\n")
          .map((line) => `${file}: ${line}`),
      )
      .filter((line) => bare.test(line.slice(line.indexOf(": ") + 2)) && !/^\S+ \s*(\*|\/\/|\/\*\*)/.test(line));
    expect(wrong).toEqual([]);
  });

  it("would be found out", () => {
    const faults = (text: string) => commandsIn(text).map(({ line, quoted }) => faultOf(line, quoted));
    expect(faults("next: `See \\`cairn compare ID\\`.`")).toEqual(["there is no command compare"]);
    expect(faults('next: "Ask with `cairn show --where`."')).toEqual(["show has no option --where"]);
    expect(faults('next: "Run `cairn key lose FILE`."')).toEqual(["key has no command lose"]);
    expect(faults('next: "Run `cairn rm A B`."')).toEqual(["rm takes 1 arguments"]);
    expect(faults('next: "Name it: cairn put - --nom NAME, or not."')).toEqual(["put has no option --nom"]);
    expect(faults("`cairn get NAME DEST --range 0-9`, cairn up --home DIR.")).toEqual([undefined, undefined]);
  });
});

describe("every option that a hint names without a command", () => {
  const flags = new Set(["--help", "--version"]);
  const gather = (command: Command): void => {
    for (const { long } of command.options) if (long !== null && long !== undefined) flags.add(long);
    command.commands.forEach(gather);
  };
  gather(buildProgram());

  it("belongs to a command", () => {
    const wrong: string[] = [];
    let found = 0;
    for (const file of files.filter((name) => name.endsWith(".ts"))) {
      for (const [text] of readFileSync(join(ROOT, file), "utf8").matchAll(/\bnext(?::| =)\s*["`].*/g)) {
        if (/\bgpg --|\bnpm install/.test(text)) continue;
        for (const [flag] of text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)) {
          found += 1;
          if (!flags.has(flag)) wrong.push(`${file}: ${flag}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(found).toBeGreaterThan(20);
  });
});
