import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Anvil, startAnvil } from "@cairn/chain/testing";
import { PROFILES } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { addressOfKey, type Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, runGateway } from "./run-gateway.ts";
import { mineWhatWaits } from "./testing/mine-what-waits.ts";
import { seedCatalog } from "./testing/seed-catalog.ts";

const key = (digit: string) => {
  const secret: Hex = `0x${digit.repeat(64)}`;
  return { key: secret, address: addressOfKey(secret).toLowerCase() as Hex };
};
const KEYS = { executor: key("a"), verifiers: ["b", "c", "d"].map(key), validator: undefined };
const HOME = "t".repeat(43);
const PASSWORD = "four words of nothing";
const OWNER: Hex = `0x${"a1".repeat(20)}`;
const HASH = `0x${"11".repeat(32)}`;
const SIGNED = { message: {}, signature: `0x${"11".repeat(65)}` };

let anvil: Anvil;
let database: TestDatabase;
let directory: string;
let stopMining: () => Promise<void>;
let gateway: RunningGateway;
/** What is the first user's, by the names that paths have for it. */
const theirs: Record<string, string> = {};
/** The third user's token, and its session. */
const third: Record<"token" | "session", Record<string, string>> = { token: {}, session: {} };

async function call(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  const octets = body instanceof Uint8Array;
  const answer = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      ...headers,
      ...(body === undefined ? {} : { "content-type": octets ? "application/octet-stream" : "application/json" }),
    },
    ...(body === undefined ? {} : { body: octets ? Buffer.from(body) : JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}
const homeCall = async (method: string, path: string, body?: unknown) => {
  const { status, text } = await call(method, `/api/v1${path}`, { authorization: `Bearer ${HOME}` }, body);
  expect([path, status, text]).toEqual([path, 200, text]);
  return JSON.parse(text);
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-third-"));
  database = await testDatabase();
  anvil = await startAnvil({ chainId: 31_339 });
  for (const { address } of [KEYS.executor, ...KEYS.verifiers])
    await anvil.call("anvil_setBalance", address, `0x${(10n ** 20n).toString(16)}`);
  stopMining = mineWhatWaits(anvil);
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  gateway = await runGateway({
    id: "gateway-1",
    version: "0.1.0",
    profile: PROFILES.demo,
    database: database.config,
    chainUrl: anvil.url,
    keys: KEYS,
    known: undefined,
    onFinal: () => undefined,
    token: HOME,
    custodySecret: "s".repeat(43),
    directories: { blobs: join(directory, "blobs"), spool: join(directory, "spool") },
    listen: { host: "127.0.0.1", port: 0, hostSetting: "H", portSetting: "P", names: [], trustedProxies: [] },
    doors: [],
    doorPort: () => undefined,
    say: () => undefined,
    log: quiet,
  });
  const { pool } = database;
  await seedCatalog(pool, { account: "local", owner: OWNER, packages: 3, deals: 6, events: 9 });
  // The seeded checks are old enough to be forgotten at any time.
  await pool.query(
    `insert into audit.checks (id, package, kind, state, started_at, finished_at, ok, shards)
     select 'their-check', id, 'scrub', 'done', extract(epoch from now()), extract(epoch from now()), true, '[]'
     from catalog.packages where account = 'local' limit 1`,
  );
  await homeCall("POST", "/users", { name: "firsty", password: PASSWORD, role: "operator", joins: true });
  const origin = { origin: gateway.url };
  await call("POST", "/api/v1/login", origin, { name: "firsty", password: PASSWORD });
  const wallet = await homeCall("POST", "/wallets", { name: "their purse", kind: "custodial", dailyLimit: "5" });
  const token = await homeCall("POST", "/tokens", { label: "their key", scopes: ["read"] });
  const invite = await homeCall("POST", "/invites", { label: "their guest", role: "member", joins: true });
  const hook = await homeCall("POST", "/webhooks", { url: "https://their.example/hook", label: "their hook" });
  await homeCall("POST", "/notices/test", {});
  await homeCall("POST", "/notices/read", { ids: [] });
  const one = async (sql: string) => String((await pool.query(sql)).rows[0]?.id);
  Object.assign(theirs, {
    package: await one("select id from catalog.packages where account = 'local' limit 1"),
    deal: await one("select deal as id from catalog.deals limit 1"),
    check: "their-check",
    schedule: (await homeCall("POST", "/check-schedules", { kind: "scrub", everySeconds: 604_800, startAt: 8e9 })).id,
    session: await one("select id from accounts.sessions limit 1"),
    token: token.token.id,
    invite: invite.invite.id,
    webhook: hook.webhook.id,
    address: wallet.address,
    name: "firsty",
    account: "local",
  });
  await homeCall("POST", "/users", { name: "thirdy", password: PASSWORD, role: "owner", joins: false });
  const login = await call("POST", "/api/v1/login", origin, { name: "thirdy", password: PASSWORD });
  const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
  third.session = { cookie, "cairn-csrf": JSON.parse(login.text).csrf, ...origin };
  const own = await call("POST", "/api/v1/tokens", third.session, { label: "", scopes: ["read", "write", "admin"] });
  third.token = { authorization: `Bearer ${JSON.parse(own.text).secret}` };
});
afterAll(async () => {
  await gateway?.stop();
  await stopMining();
  await anvil.stop();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

/**
 * What becomes of a route that the third user calls with what is the first one's. `gone`: the id is of nothing that it could know of. `denied`: it
 * lacks the scope. `own`: it is answered, with what is its own. `session`: a token is refused. `open`: anybody may ask. `provider`: no account's.
 */
type Outcome = "gone" | "denied" | "own" | "session" | "open" | "provider";
const NAMING = { nameHash: HASH, label: "" };
const ROUTES: Record<string, [Outcome, unknown?]> = {
  "GET /": ["open"],
  "GET /status": ["open"],
  "GET /health": ["open"],
  "GET /metrics": ["open"],
  "GET /openapi.json": ["open"],
  "GET /api/v1/network": ["open"],
  "GET /api/v1/status": ["open"],
  "GET /api/v1/sign-up": ["open"],
  "POST /api/v1/sign-up": ["open"],
  "POST /api/v1/login": ["open"],
  "POST /api/v1/login/link": ["open"],
  "POST /api/v1/links": ["denied"],
  "PUT /api/v1/sign-up": ["denied", { policy: "open" }],
  "GET /api/v1/live": ["own"],
  "GET /api/v1/providers": ["own"],
  "GET /api/v1/events": ["own"],
  "GET /api/v1/account": ["own"],
  "PUT /api/v1/account": ["own", SIGNED],
  "POST /api/v1/faucet": ["own", {}],
  "GET /api/v1/settings": ["own"],
  "PUT /api/v1/settings": ["own", {}],
  "POST /api/v1/settings/preview": ["own", {}],
  "GET /api/v1/providers/{address}": ["gone"],
  "GET /api/v1/packages/{id}/safety": ["gone"],
  "GET /api/v1/chain/blocks": ["own"],
  "GET /api/v1/chain/blocks/{number}": ["gone"],
  "GET /api/v1/chain/transactions/{hash}": ["gone"],
  "GET /api/v1/chain/find/{hash}": ["gone"],
  "GET /api/v1/chain/contracts": ["own"],
  "GET /api/v1/deals": ["own"],
  "GET /api/v1/deals.csv": ["own"],
  "GET /api/v1/deals.json": ["own"],
  "GET /api/v1/deals/{deal}/proposal": ["gone"],
  "GET /api/v1/figures": ["own"],
  "GET /api/v1/figures/history": ["own"],
  "GET /api/v1/fiat/rates": ["own"],
  "GET /api/v1/fiat/history": ["own"],
  "GET /api/v1/fiat/sources": ["denied"],
  "PUT /api/v1/fiat/sources/{name}": ["denied", { url: "https://x.example", path: "a", currencies: ["usd"] }],
  "DELETE /api/v1/fiat/sources/{name}": ["denied"],
  "POST /api/v1/fiat/import": ["denied", { source: "a", currency: "usd", rates: [{ day: "2026-01-01", rate: "1" }] }],
  "GET /api/v1/checks": ["own"],
  "GET /api/v1/statement": ["own"],
  "GET /api/v1/statement/totals": ["own"],
  "GET /api/v1/checks/{check}": ["gone"],
  "GET /api/v1/recover": ["own"],
  "POST /api/v1/recover": ["own", { readCapabilities: [] }],
  "GET /api/v1/public/blocks/{cid}": ["own"],
  "GET /api/v1/packages": ["own"],
  "POST /api/v1/packages": ["own", {}],
  "GET /api/v1/packages/{id}": ["gone"],
  "GET /api/v1/packages/{id}/asks": ["gone"],
  "GET /api/v1/packages/{id}/custody": ["gone"],
  "GET /api/v1/packages/{id}/proofs": ["gone"],
  "GET /api/v1/packages/{id}/certificate": ["gone"],
  "GET /api/v1/deals/{deal}/proofs": ["gone"],
  "GET /api/v1/check-schedules": ["own"],
  "POST /api/v1/check-schedules": [
    "gone",
    {
      kind: "scrub",
      everySeconds: 604_800,
      get package() {
        return theirs.package;
      },
    },
  ],
  "PUT /api/v1/check-schedules/{schedule}": ["gone", { everySeconds: 604_800 }],
  "DELETE /api/v1/check-schedules/{schedule}": ["gone"],
  "GET /api/v1/packages/{id}/document": ["gone"],
  "GET /api/v1/packages/{id}/manifest": ["gone"],
  "PUT /api/v1/packages/{id}/manifest": ["gone", new Uint8Array(1)],
  "GET /api/v1/packages/{id}/pieces/{piece}": ["gone"],
  "PUT /api/v1/packages/{id}/pieces/{piece}": ["gone", new Uint8Array(1)],
  "POST /api/v1/packages/{id}/blocks": ["gone", { cids: ["b"] }],
  "POST /api/v1/packages/{id}/locate": ["gone", { cids: ["b"] }],
  "POST /api/v1/packages/{id}/keep": ["gone", { pieces: [] }],
  "GET /api/v1/vault-paths": ["own"],
  "POST /api/v1/packages/{id}/vault-upload": [
    "gone",
    { path: "/", layout: "private", pieceLimit: 1_000_000, publicKey: "k" },
  ],
  "GET /api/v1/packages/{id}/vault-upload": ["gone"],
  "POST /api/v1/packages/{id}/complete": ["gone", { root: "b", pieces: [{ length: 1 }], files: 1, bytes: 1 }],
  "POST /api/v1/packages/{id}/quote": ["gone", {}],
  "POST /api/v1/packages/{id}/commit": ["gone", { mandate: SIGNED, readCapability: SIGNED }],
  "POST /api/v1/packages/{id}/abandon": ["gone", {}],
  "POST /api/v1/packages/{id}/resume": ["gone", {}],
  "PUT /api/v1/packages/{id}/name": ["gone", NAMING],
  "PUT /api/v1/packages/{id}/hot": ["gone", { hot: false }],
  "POST /api/v1/packages/{id}/remove": ["gone", { termination: SIGNED }],
  "POST /api/v1/packages/{id}/check": ["gone", { full: false }],
  "POST /api/v1/packages/{id}/repair-key": [
    "gone",
    { repairKey: "", ...NAMING, layout: "private", files: 1, bytes: 1 },
  ],
  "POST /api/v1/logout": ["own"],
  "GET /api/v1/session": ["own"],
  "GET /api/v1/sessions": ["session"],
  "DELETE /api/v1/sessions/{id}": ["session"],
  "PUT /api/v1/password": ["session", { current: "wrong", password: "another four words" }],
  "GET /api/v1/tokens": ["own"],
  "POST /api/v1/tokens": ["denied", { label: "", scopes: ["operate"] }],
  "DELETE /api/v1/tokens/{id}": ["gone"],
  "GET /api/v1/users": ["own"],
  "POST /api/v1/users": ["denied", { name: "fourth", password: PASSWORD, role: "operator", joins: true }],
  "DELETE /api/v1/users/{name}": ["gone"],
  "PUT /api/v1/users/{name}/password": ["gone", { password: "another four words" }],
  "GET /api/v1/invites": ["own"],
  "POST /api/v1/invites": ["denied", { label: "", role: "owner", joins: false }],
  "DELETE /api/v1/invites/{id}": ["gone"],
  "GET /api/v1/wallets": ["own"],
  "POST /api/v1/wallets": ["own", { name: "x", kind: "client", claim: SIGNED }],
  "PUT /api/v1/wallets/default": ["gone", { wallet: "their purse" }],
  "GET /api/v1/wallets/{address}/keystore": ["gone"],
  "GET /api/v1/wallets/{address}/history": ["gone"],
  "GET /api/v1/wallets/{address}/transfers": ["gone"],
  "GET /api/v1/wallets/{address}/nonce": ["gone"],
  "GET /api/v1/wallets/{address}/fees": ["gone"],
  "POST /api/v1/wallets/{address}/send": ["gone", { rawTransaction: "0x00" }],
  "PUT /api/v1/wallets/{address}/unlock": ["gone", new Uint8Array(32)],
  "POST /api/v1/wallets/{address}/lock": ["gone", {}],
  "POST /api/v1/wallets/{address}/sign": [
    "gone",
    { type: "Termination", message: { documentHash: HASH, expiry: "1" } },
  ],
  "GET /api/v1/notices": ["own"],
  "POST /api/v1/notices/read": ["own", { upTo: Number.MAX_SAFE_INTEGER }],
  "POST /api/v1/notices/test": ["own", {}],
  "GET /api/v1/notices/settings": ["own"],
  "PUT /api/v1/notices/settings": ["own", {}],
  "GET /api/v1/notices/mail": ["own"],
  "PUT /api/v1/notices/mail": ["own", { address: "third@example.org" }],
  "POST /api/v1/notices/mail/confirm": ["own", { code: "00000000" }],
  "DELETE /api/v1/notices/mail": ["own"],
  "GET /api/v1/webhooks": ["own"],
  "POST /api/v1/webhooks": ["own", { url: "https://third.example/", label: "" }],
  "PUT /api/v1/webhooks/{id}": ["gone", { url: "https://third.example/", label: "" }],
  "DELETE /api/v1/webhooks/{id}": ["gone"],
  "GET /api/v1/webhooks/{id}/deliveries": ["gone"],
  "GET /api/v1/limits": ["own"],
  "GET /api/v1/accounts/{account}/limits": ["denied"],
  "PUT /api/v1/accounts/{account}/limits": [
    "denied",
    { spoolBytes: null, packages: null, egressPerDay: null, commitsPerHour: null },
  ],
};
const isProviders = (path: string) => /^\/api\/v1\/providers?(\/|$)/.test(path) && path !== "/api/v1/providers";
const outcomeOf = (route: string): [Outcome, unknown?] | undefined => {
  const [method, path = ""] = route.split(" ");
  return (
    ROUTES[route] ??
    (isProviders(path) || (method === "POST" && path === "/api/v1/providers") ? ["provider"] : undefined)
  );
};

async function documented(): Promise<string[]> {
  const { text } = await call("GET", "/openapi.json", {});
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** The first user's ids in a path. */
function filled(path: string): string {
  const kind = /\/(tokens|sessions|invites|webhooks)\/\{id\}/.exec(path)?.[1]?.slice(0, -1) ?? "package";
  return path
    .replace("{id}", theirs[kind]!)
    .replace("{piece}", "0")
    .replace("{number}", "999999")
    .replace("{hash}", HASH)
    .replace("{cid}", "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy")
    .replace(/\{(\w+)\}/g, (_, name: string) => theirs[name]!);
}

describe("a third user", () => {
  it("is tried on every route that there is", async () => {
    expect((await documented()).filter((route) => outcomeOf(route) === undefined)).toEqual([]);
    expect(Object.keys(theirs).filter((name) => theirs[name] === "undefined")).toEqual([]);
  });

  it.each(["token", "session"] as const)("sees and reaches nothing of the first one's by %s", async (via) => {
    const secrets = ["package", "deal", "session", "token", "invite", "address", "name"].map((name) => theirs[name]!);
    secrets.push(OWNER, "their purse", "their key", "their guest", theirs.webhook!, "their hook", "their.example");
    for (const route of await documented()) {
      const [outcome, body] = outcomeOf(route)!;
      if (outcome === "open" || outcome === "provider" || route === "POST /api/v1/logout") continue;
      const [method = "", path = ""] = route.split(" ");
      const { status, text } = await call(method, filled(path), third[via], body);
      const got = [route, status, text.slice(0, 300)];
      if (outcome === "gone") expect(got).toEqual([route, 404, got[2]]);
      if (outcome === "denied")
        expect(got).toEqual([route, status === 401 ? 401 : 403, expect.stringContaining("scope-missing")]);
      if (outcome === "session") {
        const refusal = via === "token" ? "session-needed" : /unknown-session|wrong-login|"current"/;
        expect(got[2]).toMatch(refusal);
      }
      expect(status, String(got)).toBeLessThan(500);
      for (const secret of secrets) {
        // What the caller itself sent may come back to it.
        if (!`${filled(path)} ${JSON.stringify(body)}`.includes(secret))
          expect(text, `${route} shows ${secret}`).not.toContain(secret);
      }
    }
  });

  it("has changed nothing of the first one's", async () => {
    const { pool } = database;
    const { rows } =
      await pool.query(`select (select count(*)::int from accounts.tokens where account = 'local') as tokens,
      (select count(*)::int from accounts.wallets where account = 'local') as wallets,
      (select count(*)::int from accounts.invites) as invites,
      (select count(*)::int from accounts.targets where account = 'local' and label = 'their hook') as webhooks,
      (select count(*)::int from accounts.notices where account = 'local' and not read and kind = 'test') as unread, (select count(*)::int from accounts.users where name = 'firsty') as users,
      (select count(*)::int from catalog.packages where account <> 'local') as strange, (select sign_up from accounts.policy) as policy`);
    expect(rows).toEqual([
      { tokens: 2, wallets: 1, invites: 1, webhooks: 1, unread: 1, users: 1, strange: 0, policy: "invite" },
    ]);
    expect((await homeCall("GET", "/packages")).packages).toHaveLength(3);
  });

  it("hears of its own notices as they come, and of nobody else's", async () => {
    const secret = third.token.authorization!.slice("Bearer ".length);
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/api/v1/live`, [`bearer.${secret}`]);
    const heard: { id: number; kind: string }[] = [];
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data));
      if (message.type === "notice") heard.push(message.notice);
    });
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    const send = async (headers: Record<string, string>) =>
      JSON.parse((await call("POST", "/api/v1/notices/test", headers, {})).text).id as number;
    const before = await send(third.token);
    await send({ authorization: `Bearer ${HOME}` });
    const after = await send(third.token);
    while (!heard.some(({ id }) => id === after)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard.map(({ id }) => id).filter((id) => id >= before)).toEqual([before, after]);
    socket.close();
    const { text } = await call("GET", `/api/v1/notices?since=${before}`, third.token);
    expect(JSON.parse(text).notices).toMatchObject([{ id: after, kind: "test", read: false }]);
    const { rows } = await database.pool.query(
      "select count(*)::int as n from accounts.notices where account = 'local' and kind = 'test'",
    );
    expect(rows[0].n).toBe(2);
  });

  it("is not believed for its cookie alone", async () => {
    const { cookie } = third.session as { cookie: string };
    const attempts: Record<string, string>[] = [
      { cookie },
      { cookie, origin: gateway.url },
      { cookie, origin: gateway.url, "cairn-csrf": "guessed" },
      { ...third.session, origin: "http://evil.example" },
    ];
    for (const headers of attempts) {
      const { status, text } = await call("PUT", "/api/v1/settings", headers, {});
      expect([status, text]).toEqual([403, expect.stringMatching(/csrf-missing|foreign-page/)]);
    }
    expect((await call("PUT", "/api/v1/settings", third.session, {})).status).toBe(200);
    expect((await call("GET", "/api/v1/settings", { cookie })).status).toBe(200);
  });
});

describe("what gives out users", () => {
  const asThird = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await call(method, `/api/v1${path}`, third.session, body);
    expect([path, status, text]).toEqual([path, 200, text]);
    return JSON.parse(text);
  };

  it("is a session or the home's token: what a token of the scope admin made would outlast it", async () => {
    await asThird("POST", "/users", { name: "colleague", password: PASSWORD, role: "member", joins: true });
    const scopes = ["read", "write", "admin"];
    for (const { secret } of [
      await asThird("POST", "/tokens", {
        label: "ci",
        scopes: ["admin"],
        expiresAt: Math.floor(Date.now() / 1000) + 3600,
      }),
      await asThird("POST", "/tokens", { label: "all", scopes }),
      await homeCall("POST", "/tokens", { label: "home", scopes: [...scopes, "operate"] }),
    ]) {
      const token = { authorization: `Bearer ${secret}` };
      const asked: [string, string, unknown][] = [
        ["POST", "users", { name: "shadow", password: PASSWORD, role: "owner", joins: true }],
        ["POST", "invites", { label: "", role: "member", joins: true }],
        ["PUT", "users/colleague/password", { password: "another four words" }],
      ];
      for (const [method, path, body] of asked)
        expect(await call(method, `/api/v1/${path}`, token, body)).toMatchObject({
          status: 401,
          text: expect.stringContaining("session-needed"),
        });
    }
    expect((await asThird("DELETE", "/users/colleague")).name).toBe("colleague");
  });

  it("tells an account whose user's password an operator of another one set, and ends the user's sessions", async () => {
    await asThird("POST", "/users", { name: "mate", password: PASSWORD, role: "member", joins: true });
    await asThird("PUT", "/users/mate/password", { password: "another four words" });
    expect((await asThird("GET", "/events?kind=password-set-by-operator")).length).toBe(0);
    const login = await call(
      "POST",
      "/api/v1/login",
      { origin: gateway.url },
      { name: "mate", password: "another four words" },
    );
    const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
    await homeCall("PUT", "/users/mate/password", { password: "yet another password" });
    expect((await call("GET", "/api/v1/session", { cookie })).status).toBe(401);
    expect(await asThird("GET", "/events?kind=password-set-by-operator")).toMatchObject([
      { severity: "warning", message: expect.stringContaining("the user mate") },
    ]);
  });

  it("lets operators limit house accounts too", async () => {
    await database.pool.query("insert into catalog.accounts (id) values ('cairn-door:anna.b_c-d')");
    const limits = { spoolBytes: 1, packages: 2, egressPerDay: 3, commitsPerHour: 4 };
    expect((await homeCall("PUT", "/accounts/cairn-door:anna.b_c-d/limits", limits)).limits).toEqual(limits);
  });
});
