import { collectDefaultMetrics, Gauge, type Registry } from "prom-client";
import type { GatewayContext } from "./gateway-context.ts";
import { currentStatus } from "./public-routes.ts";

/** Prometheus text of this gateway: process figures, the network's state, and what else is in the registry. */
export function createMetrics(context: () => GatewayContext, registry: Registry): () => Promise<string> {
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const gauges = {
    packages: gauge("cairn_packages", "packages that go on: neither gone nor ending"),
    atFullStrength: gauge("cairn_packages_full_strength", "packages of which every shard is proved"),
    lost: gauge("cairn_packages_lost", "packages with fewer shards than restore them"),
    bytes: gauge("cairn_stored_bytes", "plaintext bytes of live packages"),
    providers: gauge("cairn_providers", "active providers"),
    providersConnected: gauge("cairn_providers_connected", "providers that take deals and have a control connection"),
    activeDeals: gauge("cairn_deals_active", "active deals"),
    provedLastPeriod: gauge("cairn_period_proved", "shards proved in the last judged period"),
    missedLastPeriod: gauge("cairn_period_missed", "shards not proved in the last judged period"),
    block: gauge("cairn_chain_block", "latest block"),
  };
  return async () => {
    const status = await currentStatus(context());
    for (const [name, one] of Object.entries(gauges)) one.set(status[name as keyof typeof gauges]);
    return registry.metrics();
  };
}
