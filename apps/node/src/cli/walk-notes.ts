import type { Walked } from "@cairn/archive";
import { displayName } from "@cairn/archive/names";
import { counted } from "./format.ts";
import type { Source } from "./put-source.ts";

const SHOWN = 20;

/** What of a folder is not stored, or not as it is: a line for each, `verb` in front of what is left out. */
export function walkNotes(
  { skipped, excluded, bentTimes }: Pick<Walked, "skipped" | "excluded" | "bentTimes">,
  { homeLeftOut }: Pick<Source, "homeLeftOut">,
  verb: string,
): string[] {
  const home = homeLeftOut();
  const byRule = excluded - (home === undefined ? 0 : 1);
  return [
    ...skipped.map(({ path, reason }) => `${verb} ${displayName(path)}: ${reason}`),
    ...(home === undefined
      ? []
      : [`${verb} ${displayName(home)}: the home of this network, for which there is \`cairn backup\``]),
    ...(byRule > 0 ? [`${verb} ${counted(byRule, "entry", "entries")} by rule`] : []),
    ...bentTimes
      .slice(0, SHOWN)
      .map((path) => `Note: ${path} has a time further from 1970 than can be kept; the furthest is`),
    ...(bentTimes.length > SHOWN ? [`Note: and ${bentTimes.length - SHOWN} more have such a time`] : []),
  ];
}
