import { SignedJson } from "@cairn/client";
import { CairnError, type DealId, type Hex, signedFromJson } from "@cairn/protocol";
import {
  CHAIN_PROOFS_BYTES,
  MAX_CHAIN_PROOFS,
  MAX_PUSH_BYTES,
  proofsFromJson,
  reportsFromJson,
} from "@cairn/protocol/wire";
import type { GatewayTransport } from "@cairn/transport";
import { connectionRoutes, WORK_HEADER } from "@cairn/transport";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { capabilityOf } from "./capability-header.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { relayProof } from "./relay-proof.ts";
import { relayRegistration } from "./relay-registration.ts";
import { sendBytes } from "./send-bytes.ts";

const HashParams = Type.Object({ hash: Type.String({ pattern: "^0x[0-9a-f]{64}$" }) });
const DealParams = Type.Object({ deal: Type.String({ pattern: "^0x[0-9a-f]{64}$" }) });
const SIGNED = { access: "signed" } as const;
const RESULTS = { 200: Type.Object({ results: Type.Array(Type.String({ description: "`accepted`, or why not" })) }) };

const REGISTER = {
  summary: "Put a provider's signed registration on chain, at the gateway's cost",
  description:
    "The first ones of a network and day are free; further ones need the header `cairn-work`: docs/protocol.md, section 4.",
  tags: ["provider"],
  body: SignedJson,
  response: { 200: Type.Object({ transaction: Type.String() }) },
};

const CHAIN_PROOFS = {
  summary: "Put period proofs on chain, signed by their provider, at the gateway's cost",
  description:
    "For a provider without coins whose own gateways do not take its proofs. Any deal of this chain, whoever executes or verifies it; once per deal and period, and so many a day.",
  tags: ["provider"],
  response: RESULTS,
};

/**
 * Where providers knock (docs/protocol.md, 4). No token: registrations, proofs and reports carry the provider's signature, shard
 * downloads a capability of the executor.
 */
export function providerRoutes(gateway: GatewayContext & { transport: GatewayTransport }): FastifyPluginAsync {
  const arrivals = new WeakMap<FastifyRequest, number>();
  const relay = {
    pool: gateway.pool,
    ledger: gateway.ledger,
    now: () => Math.floor(Date.now() / 1000),
    chainNow: gateway.chainNow,
  };
  return async (server) => {
    await server.register(
      connectionRoutes(gateway.transport, { onWelcome: (provider, socket) => server.vouch(socket, provider) }),
    );

    server.post("/api/v1/providers", { config: SIGNED, schema: REGISTER }, (request) => {
      const work = request.headers[WORK_HEADER];
      return relayRegistration(relay, {
        registration: signedFromJson("Registration", request.body),
        network: request.network,
        work: typeof work === "string" ? work : "",
        // It waits for the chain now, whatever strangers do meanwhile.
        onAdmitted: () => server.vouch(request.raw.socket, "registration"),
      });
    });

    server.post(
      "/api/v1/provider/proofs",
      {
        bodyLimit: MAX_PUSH_BYTES,
        config: SIGNED,
        schema: { summary: "Proofs of shards, signed by their provider", tags: ["provider"], response: RESULTS },
        // The time that counts is that of the first byte: before the body is read, parsed, queued, checked and stored.
        onRequest: async (request, reply) => {
          const at = gateway.stalls.earliest();
          arrivals.set(request, at);
          reply.raw.once("close", gateway.audit.inbox.arrived(at));
        },
      },
      async (request) => {
        const pushes = proofsFromJson(request.body);
        const answers = await gateway.audit.acceptProofs(pushes, arrivals.get(request));
        return { results: answers.map((answer) => (answer.accepted ? "accepted" : answer.reason)) };
      },
    );

    server.post(
      "/api/v1/provider/chain-proofs",
      { bodyLimit: CHAIN_PROOFS_BYTES, config: SIGNED, schema: CHAIN_PROOFS },
      async (request) => {
        const onAdmitted = (provider: string) => server.vouch(request.raw.socket, provider);
        const pushes = proofsFromJson(request.body, MAX_CHAIN_PROOFS);
        return { results: await Promise.all(pushes.map((push) => relayProof({ ...relay, onAdmitted }, push))) };
      },
    );

    server.post(
      "/api/v1/provider/damage",
      {
        bodyLimit: MAX_PUSH_BYTES,
        config: SIGNED,
        schema: { summary: "Damage that a provider found in what it holds", tags: ["provider"], response: RESULTS },
      },
      async (request) => {
        const answers = await gateway.audit.reportDamage(reportsFromJson(request.body));
        return { results: answers.map((answer) => (answer.accepted ? "accepted" : (answer.reason ?? "refused"))) };
      },
    );

    server.get(
      "/api/v1/provider/verdicts/:hash",
      {
        config: SIGNED,
        schema: {
          summary: "The leaf file of a voted root",
          tags: ["provider"],
          params: HashParams,
          produces: ["application/x-ndjson"],
        },
      },
      async (request, reply) => {
        const { hash } = request.params as Static<typeof HashParams>;
        const { size, bytes } = await gateway.audit.leafFile(hash as Hex);
        return sendBytes(reply.type("application/x-ndjson").header("content-length", size), bytes);
      },
    );

    server.get(
      "/api/v1/provider/shards/:deal",
      {
        config: SIGNED,
        schema: {
          summary: "Bytes of a shard, from an offset on",
          tags: ["provider"],
          params: DealParams,
          produces: ["application/octet-stream"],
        },
      },
      async (request, reply) => {
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
      },
    );

    server.get(
      "/api/v1/provider/shards/:deal/document",
      {
        config: SIGNED,
        schema: {
          summary: "The commitment document of a shard's package",
          tags: ["provider"],
          params: DealParams,
          produces: ["application/octet-stream"],
        },
      },
      async (request, reply) => {
        const { deal } = request.params as Static<typeof DealParams>;
        const bytes = await gateway.market.shardDocument({
          deal: deal as DealId,
          capability: capabilityOf("UploadCapability", request),
        });
        return reply.type("application/octet-stream").send(Buffer.from(bytes));
      },
    );

    server.get(
      "/api/v1/provider/shards/:deal/manifest",
      {
        config: SIGNED,
        schema: {
          summary: "The encrypted manifest of a shard's package",
          tags: ["provider"],
          params: DealParams,
          produces: ["application/octet-stream"],
        },
      },
      async (request, reply) => {
        const { deal } = request.params as Static<typeof DealParams>;
        const { size, bytes } = await gateway.market.shardManifest({
          deal: deal as DealId,
          capability: capabilityOf("UploadCapability", request),
        });
        return sendBytes(reply.type("application/octet-stream").header("content-length", size), bytes);
      },
    );
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
