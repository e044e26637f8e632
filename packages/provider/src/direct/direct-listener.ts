import { hash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { listenError, localUrl } from "@cairn/process";
import { guardConnections, HEADER_LIMITS, hostCheck, sampleLog } from "@cairn/process/entrances";
import {
  type Address,
  asCairnError,
  CairnError,
  type Hex,
  recoverTyped,
  type Signed,
  signedFromJson,
  type TypeName,
} from "@cairn/protocol";
import { badMessage, REQUEST_LIFE_SECONDS, SMALL_BODY_BYTES } from "@cairn/protocol/wire";
import { rememberNonces } from "@cairn/transport";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import type { ProviderContext, RangeBody } from "../context.ts";
import { answerRequest } from "../gateways/control-link.ts";
import { openManifest } from "../requests/answer-manifest.ts";
import type { ReadGate } from "../requests/answer-read.ts";
import { refuse, refuseForTime } from "../requests/authorise.ts";

export interface DirectListener {
  /** `http://host:port` that it listens at. */
  url: string;
  close(): Promise<void>;
}

const STEP = 1 << 20;
const MAX_HEADER = 4096;
/** For the small body of a request to come. */
const REQUEST_MILLISECONDS = 30_000;

function signedHeader<N extends TypeName>(request: FastifyRequest, header: string, type: N): Signed<N> {
  const text = request.headers[header];
  if (typeof text !== "string" || text.length > MAX_HEADER) throw badMessage(header, "base64 JSON of a signed message");
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text, "base64").toString("utf8"));
  } catch (cause) {
    throw new CairnError(`${header} is not base64 JSON`, { code: "bad-message", kind: "input", cause });
  }
  return signedFromJson(type, json);
}

function send(reply: FastifyReply, body: RangeBody): FastifyReply {
  reply.type("application/octet-stream");
  if (body.length !== undefined) reply.header("content-length", body.length);
  return reply.send(Readable.from(body.bytes, { objectMode: false, highWaterMark: STEP }));
}

/**
 * The open port of a provider that has one: the same requests as over the control connection, and range reads to whoever holds ticket and capability.
 * Everyone else learns the provider's address, no more.
 */
export async function listenDirectly(
  context: ProviderContext,
  gate: ReadGate,
  where: { host: string; port: number; endpoint?: string | undefined },
): Promise<DirectListener> {
  const server = Fastify({
    logger: false,
    bodyLimit: SMALL_BODY_BYTES,
    forceCloseConnections: true,
    requestTimeout: REQUEST_MILLISECONDS,
    http: HEADER_LIMITS,
  });
  const guard = guardConnections(server.server);
  const sample = sampleLog();
  const refusal = hostCheck({ names: where.endpoint === undefined ? [] : [where.endpoint], pages: "none" });
  server.addHook("onRequest", async ({ raw }) => {
    const wrong = refusal(raw);
    if (wrong !== undefined) throw wrong;
  });
  // Anybody can sign a request: strangers use up none of what gateways need.
  const nonces = { gateways: rememberNonces(), strangers: rememberNonces(10_000) };
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode;
    const failure = asCairnError(error);
    const foreign = !(error instanceof CairnError);
    if (foreign && (status === undefined || status >= 500))
      sample("failed", (omitted) => context.log.error({ err: error, omitted }, "a direct request failed"));
    if ("chainTime" in failure.details)
      sample("late", (omitted) => context.log.warn({ code: failure.code, omitted }, `refused: ${failure.message}`));
    const told = foreign
      ? new CairnError(status === 413 ? "the body is too long" : "not understood", {
          code: status === 413 ? "too-large" : "bad-request",
          kind: "input",
        })
      : failure;
    return reply.code(told.httpStatus).send({ ok: false, error: told.toJSON() });
  });

  /** Who signed this request. @throws CairnError `bad-request` */
  const signer = (request: FastifyRequest, body: Uint8Array): Address => {
    const { message, signature } = signedHeader(request, "cairn-request", "GatewayRequest");
    const now = context.chainNow();
    if (message.provider !== context.identity.provider) throw refuse("bad-request", "meant for another provider");
    if (message.bodyHash !== (`0x${hash("sha256", body, "hex")}` as Hex)) {
      throw refuse("bad-request", "the signature is of another body");
    }
    if (message.expiry <= BigInt(now) || message.expiry > BigInt(now + REQUEST_LIFE_SECONDS)) {
      throw refuseForTime(
        "bad-request",
        `the expiry is not within ${REQUEST_LIFE_SECONDS} s from now`,
        message.expiry,
        now,
      );
    }
    const address = recoverTyped("GatewayRequest", message, context.deployment(), signature);
    const known = context.gateways.some(({ info }) => info?.executor === address);
    const used = known ? nonces.gateways : nonces.strangers;
    if (!used.use(message.nonce, Number(message.expiry), now)) throw refuse("bad-request", "the nonce was used");
    if (known) guard.vouch(request.raw.socket, address);
    return address;
  };

  server.get("/v1/health", async () => ({ provider: context.identity.provider }));

  server.post("/v1/request", async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const address = signer(request, body);
    let json: unknown;
    try {
      json = JSON.parse(body.toString("utf8"));
    } catch (cause) {
      throw new CairnError("the body is not JSON", { code: "bad-message", kind: "input", cause });
    }
    const type = (json as { type?: unknown } | null)?.type;
    if (type === "read" || type === "manifest") throw refuse("bad-request", `"${type}" is a GET of its own here`);
    const gateway = context.gateways.find(({ info }) => info?.executor === address);
    const answer = await answerRequest(context, json as Record<string, unknown>, { address, gateway });
    return reply.send(answer);
  });

  server.get<{ Params: { deal: string } }>("/v1/shards/:deal", async (request, reply) => {
    const ticket = signedHeader(request, "cairn-ticket", "ReadTicket");
    const capability = signedHeader(request, "cairn-capability", "ReadCapability");
    if (ticket.message.deal !== request.params.deal) throw refuse("bad-ticket", "the ticket is for another shard");
    const read = gate.admit(ticket, capability);
    guard.vouch(request.raw.socket, `reader ${capability.message.audience}`);
    reply.raw.once("close", read.done);
    return send(reply, context.parts.readShard(read.held, read.offset, read.length));
  });

  server.get<{ Params: { hash: string } }>("/v1/manifests/:hash", async (request, reply) => {
    const address = signer(request, new Uint8Array());
    const capability = signedHeader(request, "cairn-capability", "ReadCapability");
    const { held, body } = openManifest(context, request.params.hash as Hex, capability, address);
    reply.header("cairn-document-size", held.document.size);
    return send(reply, body);
  });

  try {
    await server.listen({ host: where.host, port: where.port });
  } catch (error) {
    throw listenError(error, { host: where.host, port: where.port, hostSetting: "listen.host", portSetting: "--port" });
  }
  return { url: localUrl(server.server.address() as AddressInfo), close: () => server.close() };
}
