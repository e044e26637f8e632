import type { FastifyPluginAsync, RouteOptions } from "fastify";
import { expect, it } from "vitest";
import { accountsRoutes } from "./accounts-routes.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { createHttpServer } from "./http-server.ts";
import { liveRoute } from "./live-route.ts";
import { packageRoutes } from "./package-routes.ts";
import { providerRoutes } from "./provider-routes.ts";
import { publicRoutes } from "./public-routes.ts";

it("refuses to serve a route that does not say which scope it needs", async () => {
  const careless: FastifyPluginAsync = async (server) => {
    server.get("/api/v1/careless", async () => "everything");
  };
  const options = { version: "0.1.0", databaseId: "one", names: [], trustedProxies: [], providerOf: () => undefined };
  const findPrincipal = () => Promise.reject(new Error("nobody"));
  await expect(createHttpServer([careless], { ...options, findPrincipal })).rejects.toThrow(/scope/);
});

it("describes every route of the server, how it is opened, and how it fails", async () => {
  // Routes are declared here, none is called.
  const context = { market: {}, audit: {}, vaultPaths: { folders: [] } } as unknown as Parameters<
    typeof providerRoutes
  >[0] &
    GatewayContext;
  const routes: RouteOptions[] = [];
  const watch: FastifyPluginAsync = async (server) => {
    server.addHook("onRoute", (route) => {
      routes.push(route);
    });
  };
  Object.assign(watch, { [Symbol.for("skip-override")]: true });
  const stopped = AbortSignal.abort();
  const server = await createHttpServer(
    [
      watch,
      publicRoutes(context),
      packageRoutes(context),
      accountsRoutes(context),
      liveRoute(context, stopped, { warn: () => undefined }),
      providerRoutes(context),
    ],
    {
      version: "0.1.0",
      databaseId: "one",
      names: [],
      trustedProxies: [],
      providerOf: () => undefined,
      findPrincipal: () => Promise.reject(new Error("nobody")),
    },
  );
  await server.ready();
  const { paths } = server.swagger() as unknown as {
    paths: Record<string, Record<string, { summary?: string; security?: object[]; responses: object }>>;
  };
  const asked = routes.flatMap(({ method, url }) =>
    [method]
      .flat()
      .filter((one) => one !== "HEAD")
      .map((one) => [one.toLowerCase(), url.replace(/:(\w+)/g, "{$1}")] as const),
  );
  expect(asked.length).toBeGreaterThan(60);
  for (const [method, path] of asked) {
    const described = paths[path]?.[method];
    expect([path, method, described?.summary]).toEqual([path, method, expect.any(String)]);
    expect(Object.keys(described?.responses ?? {})).toEqual(expect.arrayContaining(["4XX", "5XX"]));
    expect(described?.security).toBeDefined();
  }
  expect(paths["/api/v1/packages"]?.post?.security).toEqual([{ token: ["write"] }, { cookie: [] }]);
  const [capacity, price] = ["capacity", "price"].map((field) => findField(server.swagger(), field));
  expect(capacity).toContain("bytes");
  expect(price).toContain("wei");
  const money = fieldsOf(server.swagger()).filter(([, { description }]) => /\bwei\b/.test(description ?? ""));
  expect(new Set(money.map(([name]) => name))).toEqual(MONEY);
  for (const [name, { type, pattern }] of money)
    expect([name, type, pattern]).toEqual([name, "string", expect.stringMatching(/^\^(-\?)?\[0-9]/)]);
  await server.close();
});

/** Every field that is an amount of money; counts and sizes are none. */
const MONEY = new Set([
  ...[
    "escrow",
    "paid",
    "refunded",
    "deposit",
    "withdraw",
    "pay",
    "refund",
    "release",
    "pricePerPeriod",
    "reserve",
    "repairReserve",
    "total",
    "balance",
    "price",
    "earned",
    "coins",
    "maxPrice",
    "dailyLimit",
    ...["coinsAfter", "depositAfter", "amount", "baseFee", "maxFeePerGas", "maxPriorityFeePerGas"],
    "lowBalance",
    ...["fee", "egressPrice"],
    "locked",
    "paidForStorage",
    "paidForRetrieval",
  ],
]);

interface Field {
  type?: string;
  pattern?: string;
  description?: string;
}

/** Each field of each object in the document, by name. */
function fieldsOf(document: unknown): [string, Field][] {
  if (typeof document !== "object" || document === null) return [];
  const { properties } = document as { properties?: unknown };
  const own = typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  return [...own, ...Object.values(document).flatMap(fieldsOf)] as [string, Field][];
}

/** Description of the first field of that name, wherever it stands. */
const findField = (document: unknown, name: string): string | undefined =>
  fieldsOf(document).find(([field, { description }]) => field === name && description !== undefined)?.[1].description;
