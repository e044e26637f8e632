import type { FarmerStatus } from "@cairn/doors/downstream";
import { listFarmers, readTotals } from "@cairn/doors/downstream";
import { withDownstreamDatabase } from "../downstream/with-database.ts";
import { homeAt } from "../home/home.ts";
import { formatBytes } from "./format.ts";
import { createOutput, table } from "./output.ts";
import type { CommonOptions } from "./session.ts";

const DEFAULT_LIMIT = 25;

/** Totals of a home's verification node, and its farmers, those online first; with --json both as they are. */
export async function status(options: CommonOptions & { limit?: number }): Promise<void> {
  const output = createOutput(options);
  const now = Date.now() / 1000;
  const limit = options.limit ?? DEFAULT_LIMIT;
  const { totals, farmers } = await withDownstreamDatabase(homeAt(options.home), async ({ pool }) => ({
    totals: await readTotals(pool, now),
    farmers: await listFarmers(pool, { sort: "online", descending: true, onlineOnly: false, limit, page: 0, now }),
  }));
  output.result({ totals, farmers });
  output.say([
    `Farmers     ${totals.online} of ${totals.farmers} online`,
    `Contracts   ${totals.contracts} (${formatBytes(totals.bytes)})`,
    `Heartbeats  ${totals.heartbeats}`,
    `Copies      ${totals.held} held of ${totals.wanted} wanted`,
    `Prepared    ${totals.pool.chunks} chunks (${formatBytes(totals.pool.bytes)})`,
  ]);
  if (farmers.length === 0) return;
  output.say("");
  output.say(
    table(["farmer", "address", "online", "uptime", "heartbeats", "contracts", "size", "where"], farmers.map(row)),
  );
  if (totals.farmers > farmers.length) {
    output.say("", `${totals.farmers - farmers.length} more: --limit ${totals.farmers}`);
  }
}

function row(farmer: FarmerStatus): string[] {
  const { id, address, online, uptime, heartbeats, contracts, size, location } = farmer;
  return [
    id,
    address,
    online ? "yes" : "no",
    `${uptime} %`,
    String(heartbeats),
    String(contracts),
    formatBytes(size),
    [location.city, location.country].filter((part) => part !== null).join(", ") || "unknown",
  ];
}
