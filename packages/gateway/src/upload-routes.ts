import {
  CompletePackageJson,
  KeepUploadJson,
  KeptManifestJson,
  KeptUploadJson,
  PackageDetailJson,
  ReceivedJson,
} from "@cairn/client";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { LIST_BODY_BYTES } from "./entrance.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { packageDetailToJson } from "./package-json.ts";
import { about, Id, OCTETS, ownPackage, PieceParams } from "./package-route.ts";

const OffsetQuery = Type.Object({ offset: Type.Optional(Type.Integer({ minimum: 0 })) });

/** Taking the bytes of a package, until every piece is there. */
export function uploadRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { market } = gateway;

  server.put(
    "/api/v1/packages/:id/pieces/:piece",
    {
      config: { scope: "write" },
      schema: {
        ...about("Bytes of a piece, from an offset on"),
        consumes: OCTETS,
        params: PieceParams,
        querystring: OffsetQuery,
        response: { 200: ReceivedJson },
      },
    },
    async (request) => {
      const { account, id } = await ownPackage(gateway, request);
      const { piece } = request.params as Static<typeof PieceParams>;
      const { offset = 0 } = request.query as Static<typeof OffsetQuery>;
      return counted(gateway, { account, request }, (body) => market.appendPiece({ id, piece, offset, body }));
    },
  );

  server.post(
    "/api/v1/packages/:id/keep",
    {
      config: { scope: "write" },
      bodyLimit: LIST_BODY_BYTES,
      schema: {
        ...about("Cut an upload back to its first pieces, and say what they hold"),
        params: Id,
        body: KeepUploadJson,
        response: { 200: KeptUploadJson },
      },
    },
    async (request) => {
      const { id } = await ownPackage(gateway, request);
      return market.keepUpload({ ...(request.body as KeepUploadJson), id });
    },
  );

  server.put(
    "/api/v1/packages/:id/manifest",
    {
      config: { scope: "write" },
      schema: {
        ...about("The encrypted manifest"),
        consumes: OCTETS,
        params: Id,
        response: { 200: KeptManifestJson },
      },
    },
    async (request) => {
      const { account, id } = await ownPackage(gateway, request);
      return counted(gateway, { account, request }, (body) => market.putManifest({ id, body }));
    },
  );

  server.post(
    "/api/v1/packages/:id/complete",
    {
      config: { scope: "write" },
      bodyLimit: LIST_BODY_BYTES,
      schema: {
        ...about("Say that every piece is there"),
        params: Id,
        body: CompletePackageJson,
        response: { 200: PackageDetailJson },
      },
    },
    async (request) => {
      const { id } = await ownPackage(gateway, request);
      return packageDetailToJson(await market.completePackage({ ...(request.body as CompletePackageJson), id }));
    },
  );
}

/** Store the body, held against what the account may have at the gateway. */
function counted<T>(
  { uploads }: GatewayContext,
  { account, request: { raw } }: { account: string; request: FastifyRequest },
  store: (body: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  return uploads.take({ account, bytes: raw, announced: Number(raw.headers["content-length"] ?? 0) }, store);
}
