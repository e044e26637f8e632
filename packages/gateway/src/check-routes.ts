import { CheckResultJson, SignedJson } from "@cairn/client";
import { signedFromJson } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { authenticate } from "./authenticate.ts";
import { LIST_BODY_BYTES } from "./entrance.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { about, Id, ownPackage } from "./package-route.ts";

const CheckBody = Type.Object({
  full: Type.Boolean(),
  pieces: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 100_000 })),
  readCapability: Type.Optional(SignedJson),
});

/** Having holders prove what they hold, on request. */
export function checkRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { market, audit } = gateway;

  server.post(
    "/api/v1/packages/:id/check",
    {
      bodyLimit: LIST_BODY_BYTES,
      schema: {
        ...about("Have holders prove that they hold every shard"),
        params: Id,
        body: CheckBody,
        response: { 200: CheckResultJson },
      },
    },
    async (request) => {
      const { id } = await ownPackage(gateway, request);
      const { full, pieces, readCapability } = request.body as Static<typeof CheckBody>;
      const started = await audit.startCheck(
        {
          package: id,
          full,
          ...(pieces === undefined ? {} : { pieces }),
          ...(readCapability === undefined ? {} : { readCapability: signedFromJson("ReadCapability", readCapability) }),
        },
        gateway.signTicket,
      );
      return started.check;
    },
  );

  server.get(
    "/api/v1/checks/:check",
    {
      schema: {
        ...about("How far a check is"),
        params: Type.Object({ check: Type.String({ maxLength: 64 }) }),
        response: { 200: CheckResultJson },
      },
    },
    async (request) => {
      const account = await authenticate(gateway.pool, request);
      const result = await audit.checkResult((request.params as { check: string }).check);
      await market.requirePackage({ id: result.package, account: account.id });
      return result;
    },
  );
}
