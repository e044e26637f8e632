import { expect } from "vitest";
import { doorSuite } from "../door.suite.ts";
import { downstreamDoor } from "./door.ts";
import { testAddress } from "./testing/test-context.ts";

/** Each from a network of its own: one may not register as often as a suite does. */
const farmers = (function* () {
  for (let n = 1; ; n++) yield { address: testAddress(n), headers: { "x-forwarded-for": `10.${n >> 8}.${n & 255}.1` } };
})();

doorSuite({
  door: downstreamDoor,
  exported: { module: new URL("./door.ts", import.meta.url), name: "downstreamDoor" },
  settings: {
    trustedProxies: ["loopback"],
    pool: { min: 1024, max: 1024, total: 8192, base: 2 },
  },
  badSettings: [
    [{ intervalSeconds: 0 }, "intervalSeconds", "a number from 1 to"],
    [{ scheme: "merkle" }, "scheme", "Merkle or Swizzle"],
    [{ pool: { min: 2, max: 1, total: 1, base: 2 } }, "pool", "min not above max"],
    [{ trustedProxies: ["everybody"] }, "trustedProxies", "10.0.0.0/8"],
    [{ interval: 60 }, "interval", "intervalSeconds"],
  ],
  async use(url) {
    const { address, headers } = farmers.next().value;
    const answer = await fetch(`${url}/api/downstream/new/${address}`, { headers });
    const { token } = (await answer.json()) as { token: string };
    expect([answer.status, token]).toEqual([200, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    return token;
  },
  async expectKept(url, token) {
    const answer = await fetch(`${url}/api/downstream/challenge/${token}`);
    expect([answer.status, await answer.json()]).toEqual([200, { challenges: [] }]);
  },
});
