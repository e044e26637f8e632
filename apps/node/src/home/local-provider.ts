import { join } from "node:path";
import { shellWord } from "@cairn/core/shell-word";
import { type Home, homeAt } from "./home.ts";

/** Directory of the provider that `cairn up` runs under `name`, such as `provider-1`. */
export const directoryOf = (home: Home, name: string): string => join(home.providers, name.replace(/^provider-/, ""));

/** ` --home …` for a command line about a home that is not the one of this environment. */
export const homeOption = (home: Home): string =>
  home.directory === homeAt().directory ? "" : ` --home ${shellWord(home.directory)}`;

/** How a person starts such a provider again while its network goes on. */
export function startAgain(home: Home, name: string): string {
  return `\`cairn provider --directory ${shellWord(directoryOf(home, name))}${homeOption(home)}\``;
}
