import { catalogMigrations, ensureAccount } from "@cairn/catalog";
import { testDatabase } from "@cairn/database/testing";
import fastify from "fastify";
import { expect, it } from "vitest";
import { requireMinimum } from "./effective-settings.ts";
import { settingsRoutes } from "./settings-routes.ts";

const [A, B, C, D] = ["a", "b", "c", "d"].map((digit) => `0x${digit.repeat(40)}`);

it("keeps the settings that there are and nothing else, and none that no put can go by", async () => {
  const database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  const { pool } = database;
  await ensureAccount(pool, "a");
  const server = fastify();
  server.setErrorHandler((error: { code?: string; kind?: string; details?: object }, _request, reply) =>
    reply.status(error.kind === "conflict" ? 409 : 400).send({ code: error.code, ...error.details }),
  );
  server.addHook("onRequest", async (request) => {
    request.principal = { account: "a" } as never;
  });
  const network = { defaults: { k: 2, n: 4, days: 180 } };
  settingsRoutes(server, { pool, network } as never);
  try {
    const headers = { "content-type": "application/json" };
    const put = async (payload: string) => {
      const { statusCode, body } = await server.inject({ method: "PUT", url: "/api/v1/settings", headers, payload });
      return { statusCode, body: JSON.parse(body) };
    };
    const kept = async () => (await pool.query("select settings from catalog.accounts")).rows[0].settings;
    expect(await put('{"k":2,"x":"\\u0000","valueOf":1,"placement":{"rank":"price","y":"\\u0000"}}')).toEqual({
      statusCode: 200,
      body: { k: 2, placement: { rank: "price" }, version: 1 },
    });
    expect(await kept()).toEqual({ k: 2, placement: { rank: "price" } });
    await put(JSON.stringify({ x: "y".repeat(50_000) }));
    expect(await kept()).toEqual({ placement: {} });
    expect(await put('{"k":9,"n":3}')).toEqual({
      statusCode: 400,
      body: { code: "bad-input", field: "k", allowed: "1 to 3" },
    });
    expect(await put('{"k":3,"n":3}')).toMatchObject({ statusCode: 200 });
    expect(await kept()).toEqual({ k: 3, n: 3, placement: {} });
    // Two browsers that both read version 3: the later one is told, and nothing of it is kept.
    expect((await put('{"k":1,"version":3}')).body).toMatchObject({ version: 4 });
    expect(await put('{"k":2,"version":3}')).toEqual({
      statusCode: 409,
      body: { code: "settings-changed", version: 4 },
    });
    expect(await kept()).toEqual({ k: 1, placement: {} });
    const refused: [object, string][] = [
      [{ placement: { maxPrice: "0" } }, "placement.maxPrice"],
      [{ placement: { maxPrice: String(2n ** 63n) } }, "placement.maxPrice"],
      [{ placement: { shardCountries: ["CA", "NL"] } }, "shardCountries"],
      [{ placement: { countries: ["XX"] } }, "countries"],
      [{ n: 1, k: 1, placement: { allowed: [A], blocked: [A] } }, "allowed"],
      [{ n: 1, k: 1, placement: { allowed: [A, B], blocked: [A] } }, "placement.blocked"],
      [{ days: 10, minDays: 11 }, "days"],
    ];
    for (const [settings, field] of refused)
      expect([field, await put(JSON.stringify(settings))]).toMatchObject([
        field,
        { statusCode: 400, body: { field, allowed: expect.any(String) } },
      ]);
    const ten = {
      ...{ k: 1, n: 2, days: 60, minDays: 30, renew: false },
      placement: { maxPrice: "5", shardCountries: ["CA", "NL"], allowed: [A, B, C], blocked: [D], rank: "price" },
    };
    expect((await put(JSON.stringify(ten))).body).toEqual({ ...ten, version: 5 });
    expect((await server.inject({ url: "/api/v1/settings" })).json()).toEqual({ ...ten, version: 5 });
    await expect(requireMinimum(pool, "a", 29)).rejects.toMatchObject({
      code: "bad-package",
      details: { field: "days" },
    });
    await requireMinimum(pool, "a", 30);
  } finally {
    await server.close();
    await database.drop();
  }
});
