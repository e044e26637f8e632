import type { PreviewJson } from "@cairn/client";
import { describeHours, perGibMonth } from "@cairn/core";
import { formatBytes, formatCoins, formatDuration } from "./format.ts";
import { table } from "./output.ts";

/** What settings would meet now, for people. */
export function previewLines({ summary, cause, next, providers, uncovered, price }: PreviewJson): string[] {
  const coins = (wei: string) => formatCoins(BigInt(wei));
  const { expected, least, most, bytes, days } = price;
  const what = `${formatBytes(bytes)} for ${formatDuration(days * 86_400)}`;
  return [
    summary,
    ...(cause === null ? [] : [`${cause}. ${next ?? ""}`.trim()]),
    ...(expected === null
      ? []
      : [
          `price      ${coins(expected)} for ${what}, from ${coins(least ?? expected)} to ${coins(most ?? expected)} with others`,
        ]),
    ...(uncovered.length === 0 ? [] : [`hours      too few of them are awake ${describeHours(uncovered)}`]),
    "",
    ...table(
      ["provider", "region", "per GiB and month", "score", "now"],
      providers.map(({ provider, region, price: asks, score, rule, reason, shard }) => [
        provider,
        region,
        coins(perGibMonth(BigInt(asks)).toString()),
        `${score / 100} %`,
        rule === null ? (shard === null ? "qualifies" : `would be asked for shard ${shard}`) : (reason ?? rule),
      ]),
    ),
  ];
}
