import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { registerDownstreamMetrics } from "./downstream-metrics.ts";

const totals = {
  farmers: 3,
  online: 2,
  contracts: 10,
  bytes: 1000,
  heartbeats: 50,
  wanted: 12,
  held: 9,
  pool: { chunks: 4, bytes: 400 },
};

describe("registerDownstreamMetrics", () => {
  it("counts what the door's parts tell", async () => {
    const registry = new Registry();
    const metrics = registerDownstreamMetrics(registry, async () => totals);
    metrics.answered("ok", 3);
    metrics.answered("ok");
    metrics.answered("invalid");
    metrics.batch(40);
    metrics.challenged(100);
    metrics.handedOut("confirmed", 2, 2048);
    metrics.handedOut("withdrawn", 1, 1024);
    metrics.token("registered");
    metrics.refused("downstream-no-token");
    metrics.prepared(512);
    const lines = (await registry.metrics()).split("\n").filter((line) => !line.startsWith("#"));
    expect(lines).toEqual(
      expect.arrayContaining([
        'cairn_downstream_answers_total{outcome="ok"} 4',
        'cairn_downstream_answers_total{outcome="invalid"} 1',
        'cairn_downstream_answer_batch_size_bucket{le="25"} 0',
        'cairn_downstream_answer_batch_size_bucket{le="50"} 1',
        "cairn_downstream_challenges_total 100",
        'cairn_downstream_handed_bytes_total{result="confirmed"} 2048',
        'cairn_downstream_handed_chunks_total{result="confirmed"} 2',
        'cairn_downstream_hand_outs_total{result="withdrawn"} 1',
        'cairn_downstream_tokens_total{event="registered"} 1',
        'cairn_downstream_refusals_total{code="downstream-no-token"} 1',
        "cairn_downstream_prepared_chunks_total 1",
        "cairn_downstream_prepared_bytes_total 512",
      ]),
    );
  });

  it("shows the totals of the moment", async () => {
    const registry = new Registry();
    let present = totals;
    registerDownstreamMetrics(registry, async () => present);
    expect(await registry.metrics()).toContain("\ncairn_downstream_farmers_online 2\n");
    present = { ...totals, online: 1 };
    const text = await registry.metrics();
    for (const line of ["farmers 3", "farmers_online 1", "contracts 10", "contract_bytes 1000", "copies_wanted 12"]) {
      expect(text).toContain(`\ncairn_downstream_${line}\n`);
    }
    for (const line of ["copies_held 9", "pool_chunks 4", "pool_bytes 400"]) {
      expect(text).toContain(`\ncairn_downstream_${line}\n`);
    }
  });

  it("still serves the counters while the database is away", async () => {
    const registry = new Registry();
    const metrics = registerDownstreamMetrics(registry, () => Promise.reject(new Error("away")));
    metrics.answered("ok");
    const text = await registry.metrics();
    expect(text).toMatch(/\ncairn_downstream_farmers nan\n/i);
    expect(text).toContain('cairn_downstream_answers_total{outcome="ok"} 1');
  });
});
