import type { NetworkJson, ProviderJson, StatusJson } from "@cairn/client";
import { formatBytes, formatDuration } from "@cairn/core/format";

const escapes = new Map(Object.entries({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }));
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (c) => escapes.get(c) ?? c);

/** The page at `/status`, and at `/` of a gateway without a built console: what is running here, readable without a login and without script. */
export function statusPage(status: StatusJson, providers: ProviderJson[], network: NetworkJson): string {
  const figures: [string, string][] = [
    [
      "Packages",
      `${status.atFullStrength} of ${status.packages} at full strength${status.lost > 0 ? `, ${status.lost} lost` : ""}`,
    ],
    ["Stored", formatBytes(status.bytes)],
    ["Active deals", String(status.activeDeals)],
    ["Last verdict", `${status.provedLastPeriod} shards proved, ${status.missedLastPeriod} missed`],
    ["Providers", `${status.providersConnected} of ${status.providers} connected`],
    [
      "Chain",
      `block ${status.block}, period ${status.period} (${formatDuration(network.deployment.periodSeconds)} each)`,
    ],
    [
      "Verifiers",
      `${network.verifiers.length}, quorum ${network.quorum}, ${network.operators === 1 ? "one operator" : `${network.operators} operators`}`,
    ],
    ["Up for", formatDuration(status.uptimeSeconds)],
  ];
  const rows = providers.map(
    (
      provider,
    ) => `<tr><td><code>${escapeHtml(provider.provider.slice(0, 10))}…</code></td><td>${escapeHtml(provider.region)}</td>
<td class="n">${provider.deals}</td><td class="n">${formatBytes(Number(provider.used))} of ${formatBytes(Number(provider.capacity))}</td>
<td class="n">${provider.rating} %</td><td class="${provider.connected ? "good" : "bad"}">${escapeHtml(provider.state)}${
      provider.cause === null ? "" : `: ${escapeHtml(provider.cause)}`
    }</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="10"><title>Cairn</title>
<style>
:root { color-scheme: light dark; --line: #8884; --good: #2a7d4f; --bad: #b3412f; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem; }
h1 { margin: 0; } p { margin: .25rem 0 1.5rem; }
.wide { overflow-x: auto; } dl { display: grid; grid-template-columns: minmax(min-content, max-content) minmax(0, 1fr); gap: .25rem 1.5rem; } dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; } caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); } .n { font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .bad { color: var(--bad); }
@media (prefers-color-scheme: dark) { :root { --good: #6fce9a; --bad: #ff9583; } }
</style></head><body>
<h1>Cairn</h1><p>This storage network is running (${escapeHtml(status.profile)} profile, version ${escapeHtml(status.version)}).</p>
<dl>${figures.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`).join("\n")}</dl>
<div class="wide" tabindex="0" role="region" aria-label="Providers"><table><caption>Providers</caption><thead><tr><th scope="col">Provider</th><th scope="col">Region</th><th scope="col">Deals</th><th scope="col">Used</th><th scope="col">Rating</th><th scope="col">State</th></tr></thead>
<tbody>${rows.join("\n") || '<tr><td colspan="6">No provider has registered yet. Start one with <code>cairn provider</code>.</td></tr>'}</tbody></table></div>
<p>Store a folder: <code>cairn put FOLDER</code>. Farmers of the Storj protocol are on <a href="/downstream">their own page</a>. The API is described in <a href="/openapi.json">openapi.json</a>.</p>
</body></html>
`;
}
