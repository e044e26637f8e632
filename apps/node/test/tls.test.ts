import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNetwork, type TestNetwork } from "./support/network.ts";

/** An address of this machine that other machines would use. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

let directory: string;
let network: TestNetwork;
let browser: TestBrowser;
let page: Page;
let cert: string;
let port: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-tls-"));
  cert = join(directory, "cert.pem");
  const key = join(directory, "key.pem");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-keyout", key, "-out", cert, "-subj", "/CN=Cairn of a test"],
      ...["-addext", `subjectAltName=DNS:localhost,IP:127.0.0.1${outside === undefined ? "" : `,IP:${outside}`}`],
    ],
    { stdio: "ignore" },
  );
  network = await startNetwork({
    providers: 0,
    env: { CAIRN_TLS_CERT: cert, CAIRN_TLS_KEY: key, CAIRN_HOST: "0.0.0.0" },
  });
  port = new URL(network.url).port;
  browser = await openBrowser();
  page = await (await browser.context({ ignoreHTTPSErrors: true })).newPage();
});
afterAll(async () => {
  await browser?.close();
  await network?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe.runIf(outside !== undefined)("a gateway with TLS, from another machine's side", () => {
  it("sends a browser from http to https, where the page may encrypt and its live socket opens", async () => {
    await page.goto(`http://${outside}:${port}/`);
    expect(page.url()).toBe(`https://${outside}:${port}/`);
    expect(await page.evaluate("isSecureContext")).toBe(true);
    expect(await page.evaluate("location.protocol")).toBe("https:");
    const token = await network.cli("token", "create", "page", "--scope", "read", "--json");
    const { secret } = token.json<{ secret: string }>();
    const opened = await page.evaluate(
      `new Promise((resolve) => { const socket = new WebSocket("wss://${outside}:${port}/api/v1/live", ["bearer.${secret}"]);
        socket.onopen = () => resolve("open"); socket.onerror = () => resolve("error"); })`,
    );
    expect(opened).toBe("open");
  });
});

describe("two gateways of one host", () => {
  let other: TestNetwork;
  beforeAll(async () => {
    other = await startNetwork({ providers: 0 });
  });
  afterAll(() => other?.stop());

  const linkOf = async (of: TestNetwork) =>
    (await of.cli("open", "--no-browser", "--json")).json<{ link: string }>().link;
  const signedIn = (at: Page) => at.evaluate("fetch('/api/v1/session').then((answer) => answer.status)");

  it("keep their sessions in one browser, by http and, under __Host-, by https", async () => {
    const context = await browser.context({ ignoreHTTPSErrors: true });
    /** As the console exchanges a link for a session. */
    const open = async (link: string) => {
      const opened = await context.newPage();
      const { origin, hash } = new URL(link);
      await opened.goto(`${origin}/status`);
      const body = JSON.stringify({ secret: hash.slice("#link=".length) });
      const status = await opened.evaluate(
        `fetch("/api/v1/login/link", { method: "POST", headers: { "content-type": "application/json" }, body: ${JSON.stringify(body)} })
          .then((answer) => answer.status)`,
      );
      expect(status).toBe(200);
      return opened;
    };
    const first = await open(await linkOf(network));
    const second = await open(await linkOf(other));
    const secure = await open((await linkOf(network)).replace("http:", "https:"));
    for (const one of [first, second, secure]) {
      await one.reload();
      expect([one.url(), await signedIn(one)]).toEqual([one.url(), 200]);
    }
    const cookies = (await context.cookies()).map(({ name, secure, httpOnly, sameSite }) => ({
      ...{ name: name.replace(/[0-9a-f]{8}$/, ""), secure, httpOnly, sameSite },
    }));
    const strict = { httpOnly: true, sameSite: "Strict" };
    expect(cookies.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "__Host-cairn_session_", secure: true, ...strict },
      { name: "cairn_session_", secure: false, ...strict },
      { name: "cairn_session_", secure: false, ...strict },
    ]);
    // Logging out at one leaves the other.
    await first.evaluate(`(async () => {
      const { csrf } = await (await fetch("/api/v1/session")).json();
      await fetch("/api/v1/logout", { method: "POST", headers: { "cairn-csrf": csrf } });
    })()`);
    expect([await signedIn(first), await signedIn(second)]).toEqual([401, 200]);
    await context.close();
  });
});

it("serves its own machine by http as before", async () => {
  expect((await fetch(`${network.url}/health`)).status).toBe(200);
  expect((await network.cli("ls", "--json")).json()).toEqual([]);
});
