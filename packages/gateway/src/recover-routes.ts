import {
  AddressText,
  Hash,
  PackageDetailJson,
  RecoverablePageJson,
  RecoveredJson,
  RepairKeyJson,
  SignedJson,
} from "@cairn/client";
import { type Hex, signedFromJson } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { LIST_BODY_BYTES } from "./entrance.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { packageDetailToJson } from "./package-json.ts";
import { about, Id, Limit, ownPackage, walletOf } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";

const Owner = Type.Optional(AddressText);
const RecoverBody = Type.Object({ readCapabilities: Type.Array(SignedJson, { maxItems: 1000 }), owner: Owner });
const RecoverQuery = Type.Object({ limit: Limit, after: Type.Optional(Hash), owner: Owner });

/** Taking up packages that only the chain and the providers know. */
export function recoverRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { market } = gateway;

  server.get(
    "/api/v1/recover",
    {
      config: { scope: "read" },
      schema: {
        ...about("A page of the owner's packages that the chain knows, by document hash"),
        querystring: RecoverQuery,
        response: { 200: RecoverablePageJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      await gateway.caughtUp();
      const { limit, after, owner } = request.query as Static<typeof RecoverQuery>;
      return market.listRecoverable({
        owner: await walletOf(gateway, account, owner),
        ...(limit === undefined ? {} : { limit }),
        ...(after === undefined ? {} : { after: after as Hex }),
      });
    },
  );

  server.post(
    "/api/v1/recover",
    {
      config: { scope: "write" },
      bodyLimit: LIST_BODY_BYTES,
      schema: {
        ...about("Take packages over from the chain"),
        body: RecoverBody,
        response: { 200: RecoveredJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      const { readCapabilities, owner } = request.body as Static<typeof RecoverBody>;
      const recovered = await market.recoverPackages({
        account,
        owner: await walletOf(gateway, account, owner),
        capabilities: readCapabilities.map((json) => signedFromJson("ReadCapability", json)),
      });
      return recovered.map(packageDetailToJson);
    },
  );

  server.post(
    "/api/v1/packages/:id/repair-key",
    {
      config: { scope: "write" },
      schema: {
        ...about("Have the gateway repair a package that was recovered"),
        params: Id,
        body: RepairKeyJson,
        response: { 200: PackageDetailJson },
      },
    },
    async (request) => {
      const { id } = await ownPackage(gateway, request);
      const { repairKey, nameHash, label, ...body } = request.body as RepairKeyJson;
      const known = await market.setRepairKey({
        ...body,
        id,
        repairKey: Buffer.from(repairKey, "base64"),
        nameHash: nameHash as Hex,
        label: Buffer.from(label, "base64"),
      });
      return packageDetailToJson(known);
    },
  );
}
