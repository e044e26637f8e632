import { OfferedShardJson, OfferShardJson, PackageIdText } from "@cairn/client";
import type { ChunkPool } from "@cairn/doors/downstream";
import { authenticate, type GatewayContext } from "@cairn/gateway";
import type { FastifyPluginAsync } from "fastify";
import { type Static, Type } from "typebox";
import { offerShard } from "./offer-shard.ts";

const Params = Type.Object({ id: PackageIdText });

/** `POST /api/v1/packages/:id/offer`: a shard of the caller's own package as a chunk for farmers. */
export function offerRoute(
  { pool, market }: Pick<GatewayContext, "pool" | "market">,
  chunks: ChunkPool,
): FastifyPluginAsync {
  return async (server) => {
    server.post(
      "/api/v1/packages/:id/offer",
      {
        schema: {
          summary: "Offer a shard to farmers of the downstream door",
          tags: ["packages"],
          params: Params,
          body: OfferShardJson,
          response: { 200: OfferedShardJson },
        },
      },
      async (request) => {
        const account = await authenticate(pool, request);
        const { id } = request.params as Static<typeof Params>;
        await market.requirePackage({ id, account: account.id });
        const { piece, shard, copies } = request.body as OfferShardJson;
        return offerShard(market, chunks, { id, piece, shard }, copies);
      },
    );
  };
}
