import { catalogMigrations, ensureAccount } from "@cairn/catalog";
import { testDatabase } from "@cairn/database/testing";
import fastify from "fastify";
import { expect, it } from "vitest";
import { settingsRoutes } from "./settings-routes.ts";

it("keeps the settings that there are and nothing else, and none that no put can go by", async () => {
  const database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  const { pool } = database;
  await ensureAccount(pool, "a");
  const server = fastify();
  server.setErrorHandler((error: { code?: string }, _request, reply) => reply.status(400).send({ code: error.code }));
  server.addHook("onRequest", async (request) => {
    request.principal = { account: "a" } as never;
  });
  settingsRoutes(server, { pool } as never);
  try {
    const headers = { "content-type": "application/json" };
    const put = async (payload: string) => {
      const { statusCode, body } = await server.inject({ method: "PUT", url: "/api/v1/settings", headers, payload });
      return { statusCode, body: JSON.parse(body) };
    };
    const kept = async () => (await pool.query("select settings from catalog.accounts")).rows[0].settings;
    expect(await put('{"k":2,"x":"\\u0000","valueOf":1,"placement":{"rank":"price","y":"\\u0000"}}')).toEqual({
      statusCode: 200,
      body: { k: 2, placement: { rank: "price" } },
    });
    expect(await kept()).toEqual({ k: 2, placement: { rank: "price" } });
    await put(JSON.stringify({ x: "y".repeat(50_000) }));
    expect(await kept()).toEqual({ placement: {} });
    expect(await put('{"k":9,"n":3}')).toEqual({ statusCode: 400, body: { code: "bad-input" } });
    expect(await put('{"k":3,"n":3}')).toMatchObject({ statusCode: 200 });
    expect(await kept()).toEqual({ k: 3, n: 3, placement: {} });
  } finally {
    await server.close();
    await database.drop();
  }
});
