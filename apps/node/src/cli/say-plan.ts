import type { QuotePlanJson } from "@cairn/client";
import { perGibMonth } from "@cairn/core";
import type { Agreed } from "@cairn/owner/agree";
import { GIB } from "@cairn/protocol";
import { formatBytes, formatCoins } from "./format.ts";
import { type Output, table } from "./output.ts";

/** Show who would hold a package and what it costs, by the checked quotes and the chain where it answers. */
export function sayPlan(output: Pick<Output, "say">, plan: QuotePlanJson, { balance, regions, offer }: Agreed): void {
  const { mandate, price, prices, quotes } = offer;
  const providers = new Set(plan.placements.map((placement) => placement.provider)).size;
  const until = new Date(plan.endsAt * 1000).toISOString().slice(0, 10);
  output.say(`Quote: ${plan.placements.length} shards on ${providers} providers until ${until}`);
  const shown = plan.placements.slice(0, 16);
  output.say(
    table(
      ["piece", "shard", "provider", "region", "rating", "per GiB and month"],
      shown.map((p, index) => [
        String(p.piece),
        String(p.shard),
        `${p.provider.slice(0, 10)}…`,
        regions[index] ?? "",
        `${p.rating} %`,
        formatCoins(perGibMonth(prices[index] ?? 0n)),
      ]),
    ),
  );
  if (plan.placements.length > shown.length) output.say(`… and ${plan.placements.length - shown.length} more`);
  output.say(
    `Cost ${formatCoins(price)} in escrow (at most ${formatCoins(BigInt(plan.escrow))} should a provider have to be replaced) and ${formatCoins(BigInt(plan.repairReserve))} reserved for repairs; balance ${formatCoins(balance)}`,
  );
  const byteMonths = quotes.reduce((sum, { message }, i) => sum + perGibMonth(prices[i] ?? 0n) * message.rawLength, 0n);
  const month = byteMonths / BigInt(GIB);
  const stored = quotes.reduce((sum, { message }) => sum + Number(message.rawLength), 0);
  output.say(
    `A month of it costs ${formatCoins(month)}, for ${formatBytes(stored)} of shards: files, their list, keys and checksums`,
  );
  output.say(
    `No provider is paid more than ${formatCoins(perGibMonth(mandate.maxPrice))} per GiB and month of 30 days, repairs included`,
  );
  for (const warning of plan.warnings) output.say(`Note: ${warning}`);
}
