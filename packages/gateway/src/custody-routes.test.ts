import { asCairnError } from "@cairn/protocol";
import fastify from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { custodyRoutes } from "./custody-routes.ts";
import type { GatewayContext } from "./gateway-context.ts";

const ID = "a".repeat(32);
const server = fastify();
const asked: unknown[] = [];
let account = "anna";

beforeAll(async () => {
  const market = {
    requirePackage: async () => undefined,
    packageStatus: async () => ({ owner: "0x", documentHash: null }),
  };
  const audit = {
    certify: async (request: unknown) => {
      asked.push(request);
      return "{}";
    },
  };
  server.setErrorHandler((error, _request, reply) => {
    const known = asCairnError(error);
    return reply.status(known.httpStatus).send({ error: known.toJSON() });
  });
  server.addHook("onRequest", async (request) => {
    request.principal = { account, scopes: ["read"] } as never;
  });
  custodyRoutes(server, { market, audit, certifier: {}, chainNow: () => 0 } as unknown as GatewayContext);
  await server.ready();
});
afterAll(() => server.close());

it.each([
  ["certificate", 10],
  ["proofs", 100],
  ["custody", 100],
])(
  "gives an account its %s some times at once, then says when to ask again, and gives others theirs",
  async (what, burst) => {
    const ask = async (name: string) => {
      account = name;
      return server.inject(`/api/v1/packages/${ID}/${what}`);
    };
    const whose = `anna-${what}`;
    for (let n = 0; n < burst; n += 1) expect((await ask(whose)).statusCode).toBe(200);
    const refused = await ask(whose);
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({ error: { code: "too-many-requests", next: expect.any(String) } });
    expect((await ask(`bert-${what}`)).statusCode).toBe(200);
  },
);

it("has certificates made for whoever asks", () => {
  expect(asked[0]).toEqual({ account: "anna-certificate", package: ID });
});
