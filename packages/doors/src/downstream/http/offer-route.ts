import { OfferedShardJson, OfferShardJson, PackageIdText } from "@cairn/client";
import type { FastifyPluginAsync } from "fastify";
import { type Static, Type } from "typebox";
import type { DoorEngine } from "../../door.ts";
import { offerShard } from "../files/offer-shard.ts";
import type { ChunkPool } from "../pool/chunk-pool.ts";

const Params = Type.Object({ id: PackageIdText });

/** `POST /packages/:id/offer`: a shard of the caller's own package as a chunk for farmers. */
export function offerRoute({ market, accountOf }: DoorEngine, chunks: ChunkPool): FastifyPluginAsync {
  return async (server) => {
    server.post(
      "/packages/:id/offer",
      {
        config: { scope: "write" },
        schema: {
          summary: "Offer a shard to farmers of the downstream door",
          tags: ["downstream"],
          params: Params,
          body: OfferShardJson,
          response: { 200: OfferedShardJson },
        },
      },
      async (request) => {
        const account = await accountOf(request);
        const { id } = request.params as Static<typeof Params>;
        await market.requirePackage({ id, account: account.id });
        const { piece, shard, copies } = request.body as OfferShardJson;
        return offerShard(market, chunks, { id, piece, shard }, copies);
      },
    );
  };
}
