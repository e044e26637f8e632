import { formatBytes, formatDuration } from "@cairn/core/format";
import type { DownstreamSettings } from "../settings.ts";
import type { DownstreamTotals } from "../status/overview.ts";

/** The page at `/` of a standalone node: readable without a login and without script. */
export function frontPage(settings: DownstreamSettings, totals: DownstreamTotals | undefined): string {
  const figures: [string, string][] = [
    ...(totals === undefined
      ? ([["Figures", "not to be had at the moment"]] as [string, string][])
      : ([
          ["Farmers", `${totals.online} of ${totals.farmers} online`],
          ["Contracts", `${totals.contracts} (${formatBytes(totals.bytes)})`],
          ["Prepared", `${totals.pool.chunks} chunks (${formatBytes(totals.pool.bytes)})`],
        ] as [string, string][])),
    ["Heartbeat", `${settings.scheme}, one answer every ${formatDuration(settings.intervalSeconds)}`],
    ["New farmers", settings.requireSignature ? "need a message signed by their address" : "need only an address"],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Downstream node</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; } dt { opacity: .7; } dd { margin: 0; }
</style></head><body>
<h1>Downstream node</h1><p>This node checks that farmers keep what they were given.</p>
<dl>${figures.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("\n")}</dl>
<p><a href="/downstream">Farmers, on a map and in a table</a></p>
</body></html>
`;
}
