import { join } from "node:path";
import { type Home, homeAt } from "./home.ts";

/** Directory of the provider that `cairn up` runs under `name`, such as `provider-1`. */
export const directoryOf = (home: Home, name: string): string => join(home.providers, name.replace(/^provider-/, ""));

/** How a person starts such a provider again while its network goes on. */
export function startAgain(home: Home, name: string): string {
  const at = home.directory === homeAt().directory ? "" : ` --home ${home.directory}`;
  return `\`cairn provider --directory ${directoryOf(home, name)}${at}\``;
}
