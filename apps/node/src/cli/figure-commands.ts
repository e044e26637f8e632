import { FIGURE_NAMES } from "@cairn/core/figure-names";
import { type Command, Option } from "commander";
import { inWords } from "./name-options.ts";
import { day } from "./number-options.ts";
import { list } from "./placement-flags.ts";

/** Commands of what storage comes to, and of prices. `asking`: a command of the program that asks the gateway; `asks` gives one its options. */
export function figureCommands(
  program: Command,
  asking: (name: string, description: string) => Command,
  asks: (command: Command) => Command,
): void {
  asking("figures", "what you store, have, paid and have agreed, now or over time")
    .addOption(
      new Option("--history <figure>", `how one came to be: ${inWords(FIGURE_NAMES)}`).choices([...FIGURE_NAMES]),
    )
    .option("--hourly", "by the hour instead of by the day")
    .option("--since <day>", "from this day on, such as 2026-11-01; also counts deals that end in that time", day)
    .option("--until <day>", "and before this one", day)
    .action(async (options) => (await import("./figures.ts")).figures(options));

  const fiat = program.command("fiat").description("prices of a coin in other currencies");
  asks(fiat.command("show").description("the price in each currency")).action(async (options) =>
    (await import("./fiat.ts")).fiatRates(options),
  );
  asks(fiat.command("import").description("take in prices of days from a CSV or JSON file (operators)"))
    .argument("<file>", "lines such as 2026-11-29,4.21")
    .requiredOption("--currency <code>", "of the prices, such as usd")
    .option("--source <name>", "keep them under this name (default: file)")
    .action(async (file, options) => (await import("./fiat.ts")).importFiat(file, options));
  asks(fiat.command("source").description("list where prices come from, add a source, or remove one (operators)"))
    .argument("[name]")
    .option("--url <url>", "where to ask once a day; {currency} or {currencies} are filled in")
    .option("--path <path>", "where the price stands in the JSON: prices.{currency}.0")
    .option("--currency <codes>", "which to ask for, such as usd,eur", list)
    .option("--remove", "forget the source and its prices")
    .action(async (name, options) => (await import("./fiat.ts")).fiatSource(name, options));
}
