import type { SafetyJson } from "@cairn/client";
import { formatSafety } from "@cairn/core";
import { counted } from "./format.ts";
import { table } from "./output.ts";

/** How safe a package is, for people. */
export function safetyLines({ sentence, assumed, now, strength, holders }: SafetyJson): string[] {
  return [
    `safety     ${sentence}`,
    `now        ${now >= 1 ? "not readable: too few of its providers are there" : `readable with ${formatSafety(now)}`}`,
    `strength   ${counted(strength.live, "live shard")} of ${strength.full} in its weakest piece, ${strength.needed} restore it`,
    ...assumed.map((line) => `           ${line}`),
    "",
    ...table(
      ["provider", "region", "shards", "fails together", "answers", "now"],
      holders.map(({ provider, region, shards, group, failure, there }) => [
        provider,
        region,
        String(shards),
        group ?? "alone",
        formatSafety(failure),
        there ? "there" : "away",
      ]),
    ),
  ];
}
