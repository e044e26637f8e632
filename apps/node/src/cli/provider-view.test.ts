import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { providerView } from "./provider-view.ts";

describe("a provider's log for people", () => {
  it("is a line for each thing that happens, and says the same thing once", () => {
    const lines: string[] = [];
    const log = pino({ name: "provider" }, providerView({ say: (...said) => void lines.push(...said.flat()) }));
    log.info({ gateway: "http://127.0.0.1:4400" }, "connected");
    for (let period = 0; period < 140; period += 1)
      log.info({ deal: `0x${"ab".repeat(32)}`, period }, "proof not taken: late");
    log.error({ err: new Error("no space left") }, "a request failed");
    expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""))).toEqual([
      "  connected (http://127.0.0.1:4400)",
      "  proof not taken: late (deal 0xabababab)",
      "✗ a request failed: no space left",
    ]);
  });

  it("says of each outage of a gateway when it began and when it ended", () => {
    const lines: string[] = [];
    const log = pino({ name: "provider" }, providerView({ say: (...said) => void lines.push(...said.flat()) }));
    const [one, other] = ["http://127.0.0.1:4400", "http://127.0.0.1:4401"];
    log.info({ gateway: other }, "connected");
    for (let outage = 0; outage < 2; outage += 1) {
      log.info({ gateway: one }, "connected");
      for (let attempt = 0; attempt < 5; attempt += 1) log.warn({ gateway: one }, "no connection");
    }
    log.warn({ gateway: other }, "no connection");
    expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""))).toEqual([
      `  connected (${other})`,
      ...[1, 2].flatMap(() => [`  connected (${one})`, `! no connection (${one})`]),
      `! no connection (${other})`,
    ]);
  });
});
