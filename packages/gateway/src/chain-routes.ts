import {
  ChainBlockJson,
  ChainBlocksJson,
  ChainContractsJson,
  ChainFoundJson,
  ChainTransactionJson,
  Hash,
} from "@cairn/client";
import type { Hex } from "@cairn/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { GatewayContext } from "./gateway-context.ts";
import { blockToJson, callToJson } from "./network-json.ts";

const Height = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const BlocksQuery = Type.Object({
  before: Type.Optional({ ...Height, description: "only blocks below this one; from the head on if left out" }),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, description: "blocks of one page: 20 unless set" })),
});
const BlockParams = Type.Object({ number: Height });
const TransactionParams = Type.Object({ hash: Hash });
const about = (summary: string) => ({ summary, tags: ["network"] });
const read = { scope: "read" } as const;

/** The chain to look through, bounded and decoded: no way to the node's own API. */
export function chainRoutes(
  server: FastifyInstance,
  { explorer }: Pick<GatewayContext, "explorer">,
  count: (request: FastifyRequest) => void,
): void {
  server.get(
    "/api/v1/chain/blocks",
    {
      config: read,
      schema: {
        ...about("A page of blocks, newest first"),
        querystring: BlocksQuery,
        response: { 200: ChainBlocksJson },
      },
    },
    async (request): Promise<ChainBlocksJson> => {
      count(request);
      const { before, limit = 20 } = request.query as Static<typeof BlocksQuery>;
      const { blocks, ...page } = await explorer.blocks({ limit, ...(before === undefined ? {} : { before }) });
      return { ...page, blocks: blocks.map(blockToJson) };
    },
  );

  server.get(
    "/api/v1/chain/blocks/:number",
    {
      config: read,
      schema: { ...about("A block and what was called in it"), params: BlockParams, response: { 200: ChainBlockJson } },
    },
    async (request): Promise<ChainBlockJson> => {
      count(request);
      const { calls, ...block } = await explorer.block((request.params as Static<typeof BlockParams>).number);
      return { ...blockToJson(block), calls: calls.map(callToJson) };
    },
  );

  server.get(
    "/api/v1/chain/transactions/:hash",
    {
      config: read,
      schema: {
        ...about(
          "A transaction: what it called of Cairn's contracts, with which arguments, and what events came of it",
        ),
        params: TransactionParams,
        response: { 200: ChainTransactionJson },
      },
    },
    async (request): Promise<ChainTransactionJson> => {
      count(request);
      const seen = await explorer.transaction((request.params as Static<typeof TransactionParams>).hash as Hex);
      return { ...seen, ...callToJson(seen), gasUsed: seen.gasUsed.toString(), fee: seen.fee.toString() };
    },
  );

  server.get(
    "/api/v1/chain/find/:hash",
    {
      config: read,
      schema: {
        ...about("What a hash is of: a block or a transaction"),
        params: TransactionParams,
        response: { 200: ChainFoundJson },
      },
    },
    async (request): Promise<ChainFoundJson> => {
      count(request);
      return explorer.find((request.params as Static<typeof TransactionParams>).hash as Hex);
    },
  );

  server.get(
    "/api/v1/chain/contracts",
    {
      config: read,
      schema: {
        ...about("Cairn's contracts: where, how large, and what each is for"),
        response: { 200: ChainContractsJson },
      },
    },
    async (request) => {
      count(request);
      return explorer.contracts();
    },
  );
}
