import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import { afterAll, beforeAll, expect, it } from "vitest";
import { statusPage } from "./status-page.ts";

let browser: TestBrowser;
beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

const status = { profile: "local", version: "0.1.0", bytes: 123_456_789_012, uptimeSeconds: 86_400, block: 1_234_567 };
const network = { deployment: { periodSeconds: 60 }, verifiers: ["0x1", "0x2", "0x3"], quorum: 2, operators: 1 };
const provider = {
  ...{ provider: `0x${"ab".repeat(20)}`, region: "CA Montréal, a long way from the centre", deals: 12_345 },
  ...{ used: "123456789012", capacity: "999999999999", rating: 100, connected: true, state: "AVOIDED" },
  cause: "It refused what it had quoted for: no new shards before 2026-11-29 12:00, unless others lack.",
};

it("does not scroll sideways on a phone", async () => {
  const context = await browser.context({ viewport: { width: 390, height: 844 }, javaScriptEnabled: true });
  const page = await context.newPage();
  await page.setContent(statusPage(status as never, [provider as never], network as never));
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
  // The table does, within its own place.
  expect(await page.locator("[role=region]").count()).toBe(1);
  await context.close();
}, 60_000);
