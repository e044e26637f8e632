import { countReads } from "@cairn/accounts";
import { LocatedJson } from "@cairn/client";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type Static, Type } from "typebox";
import { capabilityOf } from "./capability-header.ts";
import { LIST_BODY_BYTES } from "./entrance.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { about, Id, OCTETS, ownPackage, PieceParams } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";
import { sendBytes } from "./send-bytes.ts";

const Cids = Type.Object({ cids: Type.Array(Type.String({ maxLength: 128 }), { minItems: 1, maxItems: 65_536 }) });
/** The token says who asks, the capability that the owner lets it read. */
const READING = [
  { token: ["read"], capability: [] },
  { cookie: [], capability: [] },
];

/** Giving back what a package holds. */
export function readRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { market } = gateway;

  server.get(
    "/api/v1/packages/:id/document",
    {
      config: { scope: "read" },
      schema: { ...about("The commitment document, as it was signed"), produces: OCTETS, params: Id },
    },
    async (request, reply) => {
      const { id } = await ownPackage(gateway, request);
      return reply.type("application/octet-stream").send(Buffer.from(await market.readDocument({ id })));
    },
  );

  server.get(
    "/api/v1/packages/:id/manifest",
    { config: { scope: "read" }, schema: { ...about("The encrypted manifest"), produces: OCTETS, params: Id } },
    async (request, reply) => {
      const { account, id } = await ownPackage(gateway, request);
      const { size, bytes } = await market.readManifest({ id });
      return sendBytes(
        reply.type("application/octet-stream").header("content-length", size),
        countReads(gateway.accounts, account, bytes),
      );
    },
  );

  server.get(
    "/api/v1/packages/:id/pieces/:piece",
    {
      config: { scope: "read" },
      schema: {
        ...about("A piece, rebuilt from its shards, as a CAR"),
        security: READING,
        produces: ["application/vnd.ipld.car"],
        params: PieceParams,
      },
    },
    async (request, reply) => {
      const { account, id } = await ownPackage(gateway, request);
      const { piece } = request.params as Static<typeof PieceParams>;
      const signal = abortWith(reply);
      const bytes = market.readPiece({ id, piece, capability: capabilityOf("ReadCapability", request), signal });
      return sendBytes(reply.type("application/vnd.ipld.car"), countReads(gateway.accounts, account, bytes));
    },
  );

  server.post(
    "/api/v1/packages/:id/blocks",
    {
      config: { scope: "read" },
      bodyLimit: LIST_BODY_BYTES,
      schema: {
        ...about("Blocks, one after the other, as they stand in a CAR"),
        security: READING,
        produces: OCTETS,
        params: Id,
        body: Cids,
      },
    },
    async (request, reply) => {
      const { account, id } = await ownPackage(gateway, request);
      const { cids } = request.body as Static<typeof Cids>;
      const bytes = market.readBlocks({
        id,
        cids,
        capability: capabilityOf("ReadCapability", request),
        signal: abortWith(reply),
      });
      return sendBytes(reply.type("application/octet-stream"), countReads(gateway.accounts, account, bytes));
    },
  );

  server.get(
    "/api/v1/public/blocks/:cid",
    {
      config: { scope: "read" },
      schema: {
        ...about("A block of whichever public package has it, by any CID of its sha2-256 hash"),
        produces: ["application/vnd.ipld.raw"],
        params: Type.Object({ cid: Type.String({ maxLength: 128 }) }),
      },
    },
    async (request, reply) => {
      const { account } = principalOf(request);
      const { cid } = request.params as { cid: string };
      const bytes = market.readPublicBlocks({ cids: [cid], signal: abortWith(reply) });
      return sendBytes(reply.type("application/vnd.ipld.raw"), countReads(gateway.accounts, account, bytes));
    },
  );

  server.post(
    "/api/v1/packages/:id/locate",
    {
      config: { scope: "read" },
      bodyLimit: LIST_BODY_BYTES,
      schema: {
        ...about("Where blocks lie in the pieces"),
        params: Id,
        body: Cids,
        response: { 200: LocatedJson },
      },
    },
    async (request) => {
      const { id } = await ownPackage(gateway, request);
      return market.locateBlocks({ id, cids: (request.body as Static<typeof Cids>).cids });
    },
  );
}

/** Aborts when the client goes away before it has everything. */
export function abortWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}
