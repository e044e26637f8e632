import { type Command, InvalidArgumentError, Option } from "commander";
import { coins, positive, wholeNumber } from "./number-options.ts";

/** Values between commas. */
export function list(text: string): string[] {
  const values = text.split(",").map((one) => one.trim());
  if (values.includes("")) throw new InvalidArgumentError("It must be a list with commas, such as CA,NL.");
  return values;
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 100)) throw new InvalidArgumentError("It must be from 0 to 100.");
  return value;
}

/** Add the options that say how many shards there are, for how long, and with whom they lie. */
export function placed(command: Command): Command {
  return command
    .option("--k <k>", "shards that restore a piece (default: the network's, 2)", wholeNumber(1, 255))
    .option("--n <n>", "shards of a piece, each on another provider (default: the network's, 4)", wholeNumber(1, 255))
    .option("--copies <n>", "whole copies instead: short for --k 1 --n N", wholeNumber(1, 255))
    .option("--for <days>", "how long to keep it (default: 180)", positive(3650))
    .option("--max-price <coins>", "most that a provider may ask per GiB and month, such as 0.5", coins)
    .option("--country <codes>", "every shard lies in one of these countries, such as CA,NL (ISO 3166-1)", list)
    .option("--country-each <codes>", "the country of each shard or copy, one after the other, such as CA,NL", list)
    .option(
      "--only <providers>",
      "ask these providers and nobody else: addresses, starts of them, or names from `cairn status`",
      list,
    )
    .option("--block <providers>", "never ask these providers", list)
    .option("--min-score <percent>", "least score of a provider", percent)
    .addOption(new Option("--rank <what>", "who comes first of those that qualify").choices(["score", "price"]));
}
