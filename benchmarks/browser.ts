/** Packing and restoring in Chromium, in one thread, beside AES-CBC of WebCrypto alone: MB/s by processor time of the page's process, all its threads. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { openBrowser } from "../packages/process/src/testing/open-browser.ts";
import type { works } from "./lib/in-browser.ts";
import { judge, report } from "./lib/measure.ts";

const BYTES = 67_108_864;
const ROUNDS = 5;
/** Of issue 9: encrypting in the browser, per core. */
const TARGET = 150;

const { output } = await build({
  input: fileURLToPath(new URL("lib/in-browser.ts", import.meta.url)),
  platform: "browser",
  output: { format: "esm", codeSplitting: false },
  write: false,
});
const server = createServer(({ url }, response) => {
  const isScript = url === "/page.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? output[0].code : "<!doctype html><title>benchmark</title>");
});
await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
const browser = await openBrowser();
try {
  const context = await browser.context();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const system = await context.browser()?.newBrowserCDPSession();
  if (system === undefined) throw new Error("the browser tells nothing of its processes");
  const seconds = async () => {
    const { processInfo } = await system.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  const names = await page.evaluate<(keyof typeof works)[]>(
    'import("/page.js").then(({ works }) => Object.keys(works))',
  );
  const taken = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const before = await seconds();
      await page.evaluate(`import("/page.js").then(({ works }) => works[${JSON.stringify(name)}]())`);
      if (round > 0) taken.get(name)?.push((await seconds()) - before);
    }
  }
  const rate = (name: string): number => {
    const median = (taken.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
    return BYTES / 1e6 / median;
  };
  for (const name of names)
    if (name !== "limit") report(name, rate(name), "MB/s", "AES-CBC of WebCrypto", rate("limit"));
  judge("MB/s encrypted and packed, per core", rate("a file read, encrypted and packed"), TARGET);
} finally {
  await browser.close();
  server.close();
}
