import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  BESIDE,
  openConsole,
  PATIENCE,
  PHONE,
  seriousFaults,
  settled,
  type TestConsole,
  tooWide,
  WALK,
} from "./support/console.ts";

let console: TestConsole;
beforeAll(async () => {
  console = await openConsole();
});
afterEach(async () => {
  await console?.closePages();
  expect(console?.complaints.splice(0)).toEqual([]);
});
afterAll(() => console?.close());

const heading = (name: string) => ["heading", { level: 1, name, exact: true }] as const;
const cookies = (page: { context(): { cookies(): Promise<{ name: string; value: string }[]> } }) =>
  page.context().cookies();

describe("the way in", () => {
  it("is the link that the command line prints: it opens the console signed in, keeps no secret, and works once", async () => {
    const link = await console.link();
    const page = await console.stranger();
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.url()));
    await page.goto(link);
    await page.getByRole(...heading("Overview")).waitFor(PATIENCE);
    expect(page.url()).toBe(`${console.url}/`);
    const secret = link.split("=").at(-1)!;
    expect(sent.filter((url) => url.includes(secret))).toEqual([]);
    expect(await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")).not.toContain(
      secret,
    );
    expect(await cookies(page)).toMatchObject([
      { name: expect.stringMatching(/^cairn_session_[0-9a-f]{8}$/), httpOnly: true, sameSite: "Strict" },
    ]);

    const other = await console.stranger();
    await other.goto(link);
    await other.getByText("This link was used before, or its time is over.").waitFor(PATIENCE);
    await other.getByText("Make a new one with `cairn open`.").waitFor(PATIENCE);
    expect(await cookies(other)).toEqual([]);
  });

  it("gives a new session whatever cookie was planted before, and none for a planted one", async () => {
    const page = await console.stranger();
    const planted = "A".repeat(43);
    const { name } = (await cookies(await console.at("/")))[0]!;
    await page.context().addCookies([{ name, value: planted, url: console.url }]);
    await page.goto(`${console.url}/`);
    await page.getByRole(...heading("Log in")).waitFor(PATIENCE);
    await page.goto("about:blank");
    await page.goto(await console.link());
    await page.getByRole(...heading("Overview")).waitFor(PATIENCE);
    expect(await cookies(page)).toMatchObject([{ name, value: expect.not.stringContaining(planted) }]);
  });

  it("by name and password leads to the page that was asked for; logging out ends it, in other tabs too", async () => {
    const client = await console.network.client();
    await client.addUser({ name: "ada", password: "four words of hers", role: "owner", joins: false });
    const page = await console.stranger();
    await page.goto(`${console.url}/activity?severity=error`);
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password").fill("wrong words of hers");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("The name or the password is wrong.").waitFor(PATIENCE);
    await page.getByLabel("Password").fill("four words of hers");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole(...heading("Activity")).waitFor(PATIENCE);
    expect(page.url()).toBe(`${console.url}/activity?severity=error`);
    const tab = await page.context().newPage();
    await tab.goto(`${console.url}/packages`);
    await tab.getByRole(...heading("Packages")).waitFor(PATIENCE);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole(...heading("Log in")).waitFor(PATIENCE);
    await tab.getByRole("link", { name: "Wallets" }).click();
    await tab.getByText("Your session has ended.").waitFor(PATIENCE);
  });

  it("by an invite, whose code stands in the fragment", async () => {
    const client = await console.network.client();
    const { code } = await client.createInvite({ label: "bob", role: "owner", joins: false });
    const page = await console.stranger();
    await page.goto(`${console.url}/sign-up#invite=${code}`);
    await page.getByLabel("Name").fill("bob");
    await page.getByLabel("Password").fill("bob");
    expect(await page.getByLabel("Invite").inputValue()).toBe(code);
    expect(page.url()).toBe(`${console.url}/sign-up`);
    await page.getByRole("button", { name: "Sign up" }).click();
    await page.locator(".fault, .problem").first().waitFor(PATIENCE);
    await page.getByLabel("Password").fill("four words of his");
    await page.getByRole("button", { name: "Sign up" }).click();
    await page.getByRole(...heading("Overview")).waitFor(PATIENCE);
    await page.getByText("bob", { exact: true }).waitFor(PATIENCE);
  });
});

describe("a session's requests", () => {
  /** As a program that took the cookie, or a page that has the browser send it. */
  const ask = (path: string, headers: Record<string, string>, body: unknown = {}) =>
    fetch(`${console.url}/api/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    }).then(async (answer) => [answer.status, ((await answer.json()) as { error?: { code: string } }).error?.code]);

  it("change nothing without what only the console's own pages can add", async () => {
    const page = await console.at("/");
    const [{ name, value }] = (await cookies(page)) as [{ name: string; value: string }];
    const cookie = `${name}=${value}`;
    const origin = console.url;
    const body = { label: "", scopes: ["read"] };
    expect(await ask("/tokens", { cookie }, body)).toEqual([403, "csrf-missing"]);
    expect(await ask("/tokens", { cookie, origin }, body)).toEqual([403, "csrf-missing"]);
    expect(await ask("/tokens", { cookie, origin, "cairn-csrf": "A".repeat(43) }, body)).toEqual([403, "csrf-missing"]);
    expect(await ask("/tokens", { cookie, origin: "http://elsewhere.example" }, body)).toEqual([403, "foreign-page"]);
    expect(await (await console.network.client()).tokens()).toHaveLength(1);
  });

  it("make no link, and a link is used from this machine alone, by no foreign page", async () => {
    const page = await console.at("/");
    const made = await page.evaluate(
      `fetch("/api/v1/session").then((one) => one.json()).then(({ csrf }) => fetch("/api/v1/links", { method: "POST", headers: { "cairn-csrf": csrf } }).then((one) => one.json()))`,
    );
    expect(made).toMatchObject({ error: { code: "home-token-needed" } });
    const secret = (await console.link()).split("=").at(-1);
    expect(await ask("/login/link", { "x-forwarded-for": "198.51.100.7" }, { secret })).toEqual([
      401,
      "not-this-machine",
    ]);
    expect(await ask("/login/link", { origin: "http://elsewhere.example" }, { secret })).toEqual([403, "foreign-page"]);
    expect(await ask("/login/link", {}, { secret: "x" })).toEqual([401, "wrong-link"]);
    // None of these used it up.
    expect(await ask("/login/link", {}, { secret })).toEqual([200, undefined]);
  });
});

describe("the shell", () => {
  it("is gone through by keyboard alone: every page, the search, and out of it", async () => {
    const page = await console.at("/");
    await page.keyboard.press("Tab");
    await expect.poll(() => page.evaluate("document.activeElement.textContent")).toBe("To the page");
    for (const [path, name] of WALK.filter(([path]) => path.lastIndexOf("/") === 0)) {
      await page.locator("nav li a", { hasText: name }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole(...heading(name)).waitFor(PATIENCE);
      expect(new URL(page.url()).pathname).toBe(path);
      expect(await page.title()).toBe(`${name} · Cairn`);
      expect(await page.locator('nav a[aria-current="page"]').allTextContents()).toContain(name);
      if (path !== "/") await expect.poll(() => page.evaluate("document.activeElement.tagName")).toBe("H1");
    }
    await page.keyboard.press("/");
    await page.keyboard.type("holiday");
    await page.keyboard.press("Enter");
    await page.getByRole(...heading("Files")).waitFor(PATIENCE);
    expect(new URL(page.url()).hash).toBe("#find=holiday");
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.evaluate("document.activeElement.id")).not.toBe("search");
    await page.goBack();
    await page.getByRole(...heading("Doors")).waitFor(PATIENCE);
  });

  it("has nothing that axe finds serious, on every page, in light and dark", async () => {
    const found: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await console.at("/", { colorScheme });
      for (const [path, name] of [...WALK, ...BESIDE]) {
        await page.goto(`${console.url}${path}`);
        await page.getByRole(...heading(name)).waitFor(PATIENCE);
        await settled(page);
        for (const fault of await seriousFaults(page)) found.push(`${colorScheme} ${path}: ${fault}`);
      }
    }
    const stranger = await console.stranger();
    for (const [path, name] of [
      ["/", "Log in"],
      ["/sign-up", "Sign up"],
    ] as const) {
      await stranger.goto(`${console.url}${path}`);
      await stranger.getByRole(...heading(name)).waitFor(PATIENCE);
      await settled(stranger);
      found.push(...(await seriousFaults(stranger)));
    }
    expect(found).toEqual([]);
  });

  it("fits a phone: one column, a menu, nothing to scroll sideways", async () => {
    const page = await console.at("/", { viewport: PHONE });
    for (const [path, name] of [...WALK, ...BESIDE]) {
      await page.goto(`${console.url}${path}`);
      await page.getByRole(...heading(name)).waitFor(PATIENCE);
      await settled(page);
      expect([path, await tooWide(page)]).toEqual([path, 0]);
    }
    expect(await page.getByRole("link", { name: "Deals" }).isVisible()).toBe(false);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("link", { name: "Deals" }).click();
    await page.getByRole(...heading("Deals")).waitFor(PATIENCE);
    await expect.poll(() => page.getByRole("link", { name: "Wallets" }).isVisible()).toBe(false);
  });

  it("keeps the theme that was chosen", async () => {
    const page = await console.at("/", { colorScheme: "light" });
    const paper = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await paper();
    await page.getByLabel("Theme").selectOption("dark");
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByRole(...heading("Overview")).waitFor(PATIENCE);
    expect(await paper()).toBe(dark);
  });

  it("shows an unknown address as such, and a package that is not there with what to do", async () => {
    const page = await console.at("/files/nothing/here");
    await page.getByRole(...heading("Nothing here")).waitFor(PATIENCE);
    expect((await page.goto(`${console.url}/nope`))?.status()).toBe(404);
    await page.getByRole(...heading("Nothing here")).waitFor(PATIENCE);
    await page.goto(`${console.url}/packages/${"0".repeat(32)}`);
    await page.getByRole("alert").waitFor(PATIENCE);
    expect(await page.getByRole("alert").textContent()).toMatch(/package/i);
  });
});

describe("the answer at /", () => {
  it("is the shell for anybody, without a redirect, under a policy that lets nothing in; its files stay for ever", async () => {
    const answer = await fetch(`${console.url}/`, { redirect: "manual" });
    expect(answer.status).toBe(200);
    const policy = answer.headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const html = await answer.text();
    expect(html).not.toMatch(/<style|style=|<script>|onload=/);
    const files = [...html.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, path = ""]) => path);
    expect(files.length).toBeGreaterThan(3);
    for (const path of files) {
      const { status, headers } = await fetch(`${console.url}${path}`);
      expect([path, status, headers.get("cache-control")]).toEqual([path, 200, "public, max-age=31536000, immutable"]);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
    expect((await fetch(`${console.url}/console/..%2f..%2fpackage.json`)).status).toBe(404);
    expect(await (await fetch(`${console.url}/status`)).text()).toContain("This storage network is running");
    expect((await fetch(`${console.url}/api/v1/nothing`)).headers.get("content-type")).toContain("json");
  });
});
