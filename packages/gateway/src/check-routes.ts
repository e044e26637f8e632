import { CheckResultJson, ChecksPageJson, PackageIdText, SignedJson } from "@cairn/client";
import { signedFromJson } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { LIST_BODY_BYTES } from "./entrance.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { After, about, Id, Limit, NO_CONTROLS, ownPackage } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";

const CheckBody = Type.Object({
  full: Type.Boolean(),
  pieces: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 100_000 })),
  readCapability: Type.Optional(SignedJson),
});

/** Having holders prove what they hold, on request. */
export function checkRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { audit } = gateway;

  server.post(
    "/api/v1/packages/:id/check",
    {
      config: { scope: "write" },
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
    "/api/v1/checks",
    {
      config: { scope: "read" },
      schema: {
        ...about("A page of the account's checks, the newest first"),
        querystring: Type.Object({ limit: Limit, after: After, package: Type.Optional(PackageIdText) }),
        response: { 200: ChecksPageJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      const query = request.query as { limit?: number; after?: string; package?: string };
      const { rows, next } = await audit.listChecks({ ...query, account });
      return { checks: rows, next };
    },
  );

  server.get(
    "/api/v1/checks/:check",
    {
      config: { scope: "read" },
      schema: {
        ...about("How far a check is"),
        params: Type.Object({ check: Type.String({ maxLength: 64, pattern: NO_CONTROLS }) }),
        response: { 200: CheckResultJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      return audit.checkResult((request.params as { check: string }).check, account);
    },
  );
}
