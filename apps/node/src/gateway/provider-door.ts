import { Readable } from "node:stream";
import { CairnError, type DealId, type Hex, signedFromJson } from "@cairn/core";
import type { GatewayTransport } from "@cairn/transport";
import { MAX_PUSH_BYTES, proofsFromJson, providerRoutes, reportsFromJson } from "@cairn/transport";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { capabilityOf } from "./capability-header.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { sendBytes } from "./send-bytes.ts";

const HashParams = Type.Object({ hash: Type.String({ pattern: "^0x[0-9a-f]{64}$" }) });
const DealParams = Type.Object({ deal: Type.String({ pattern: "^0x[0-9a-f]{64}$" }) });
/**
 * Where providers knock (docs/protocol.md, 4). No token: registrations, proofs and reports carry the provider's signature, shard
 * downloads a capability of the executor.
 */
export function providerDoor(gateway: GatewayContext & { transport: GatewayTransport }): FastifyPluginAsync {
  return async (server) => {
    await server.register(providerRoutes(gateway.transport));

    server.post("/api/v1/providers", async (request) => {
      const registration = signedFromJson("Registration", request.body);
      const { hot, nonce } = registration.message;
      const result = await gateway.ledger.register(
        { id: `register:${hot}:${nonce}:${registration.signature.slice(2, 18)}` },
        registration.message,
        registration.signature,
      );
      if (!result.ok) {
        throw new CairnError(`the registry refused the registration: ${result.revert ?? "no reason given"}`, {
          code: "registration-refused",
          kind: "conflict",
          next: "Check that the nonce is larger than the last one and the deadline lies ahead.",
        });
      }
      return { transaction: result.transaction };
    });

    server.post("/api/v1/provider/proofs", { bodyLimit: MAX_PUSH_BYTES }, async (request) => {
      const pushes = proofsFromJson(request.body);
      const answers = await gateway.audit.acceptProofs(pushes);
      return { results: answers.map((answer) => (answer.accepted ? "accepted" : answer.reason)) };
    });

    server.post("/api/v1/provider/damage", { bodyLimit: MAX_PUSH_BYTES }, async (request) => {
      const answers = await gateway.audit.reportDamage(reportsFromJson(request.body));
      return { results: answers.map((answer) => (answer.accepted ? "accepted" : (answer.reason ?? "refused"))) };
    });

    server.get("/api/v1/provider/verdicts/:hash", { schema: { params: HashParams } }, async (request, reply) => {
      const { hash } = request.params as Static<typeof HashParams>;
      const { size, bytes } = await gateway.audit.leafFile(hash as Hex);
      return reply.type("application/x-ndjson").header("content-length", size).send(Readable.from(bytes));
    });

    server.get("/api/v1/provider/shards/:deal", { schema: { params: DealParams } }, async (request, reply) => {
      const { deal } = request.params as Static<typeof DealParams>;
      const from = rangeStart(request);
      const { bytes, total } = await gateway.market.shardSource({
        deal: deal as DealId,
        capability: capabilityOf("UploadCapability", request),
        from,
      });
      reply
        .type("application/octet-stream")
        .header("accept-ranges", "bytes")
        .header("content-length", total - from);
      if (from > 0) reply.status(206).header("content-range", `bytes ${from}-${total - 1}/${total}`);
      return sendBytes(reply, bytes);
    });

    server.get("/api/v1/provider/shards/:deal/document", { schema: { params: DealParams } }, async (request, reply) => {
      const { deal } = request.params as Static<typeof DealParams>;
      const bytes = await gateway.market.shardDocument({
        deal: deal as DealId,
        capability: capabilityOf("UploadCapability", request),
      });
      return reply.type("application/octet-stream").send(Buffer.from(bytes));
    });

    server.get("/api/v1/provider/shards/:deal/manifest", { schema: { params: DealParams } }, async (request, reply) => {
      const { deal } = request.params as Static<typeof DealParams>;
      const { size, bytes } = await gateway.market.shardManifest({
        deal: deal as DealId,
        capability: capabilityOf("UploadCapability", request),
      });
      return reply.type("application/octet-stream").header("content-length", size).send(Readable.from(bytes));
    });
  };
}

/** `bytes=FROM-` alone is understood: a provider resumes, it does not pick. */
function rangeStart(request: FastifyRequest): number {
  const { range } = request.headers;
  if (range === undefined) return 0;
  const match = /^bytes=(\d{1,15})-$/.exec(range);
  if (match?.[1] !== undefined) return Number(match[1]);
  throw new CairnError("only ranges of the form bytes=FROM- are served here", { code: "bad-range", kind: "input" });
}
