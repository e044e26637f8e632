import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { deriveChallenges, payloadLeaves, proofToCalldata, verifyPossession } from "@cairn/proofs";
import {
  asCairnError,
  type DealId,
  type Hex,
  PERIOD_CHALLENGES,
  recoverTyped,
  type Signed,
  signedFromJson,
  signTyped,
  verifyTyped,
} from "@cairn/protocol";
import { MAX_CHAIN_PROOFS, type PushedProof, proofsFromJson, reportsFromJson } from "@cairn/protocol/wire";
import { connectionRoutes, type GatewayTransport, openTransport, type TransportOptions } from "@cairn/transport";
import Fastify from "fastify";
import { TEST_PROFILE, type TestNetwork } from "./test-network.ts";

/** What the gateway serves for one deal; `shard` gives the bytes from an offset on. */
export interface TestSource {
  rawLength: number;
  shard(from: number): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  document: Uint8Array;
  manifest: Uint8Array;
}

/** The provider's side of a gateway, whole: transport, relay of registrations, sources, and a verifier that checks every proof. */
export interface TestGateway {
  url: string;
  transport: GatewayTransport;
  sources: Map<DealId, TestSource>;
  /** Outcome of every pushed proof, newest last. */
  proofs: { push: PushedProof; result: string }[];
  reports: Signed<"DamageReport">[];
  /** Offsets at which shards were asked for. */
  pulls: { deal: DealId; from: number }[];
  /** Refuse proofs from now on, as a gateway that ignores its duty. */
  deaf: boolean;
  /** What it does when asked to prove on chain; it refuses unless set. */
  relaying: "refuses" | "stalls" | "lies" | "proves";
  /** Deals that it was asked to prove on chain. */
  relayed: DealId[];
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  ways?: TransportOptions["ways"];
  port?: number;
  heartbeatSeconds?: number;
}

function check(
  network: TestNetwork,
  push: PushedProof,
  seed: Hex | undefined,
  deal: Awaited<ReturnType<TestNetwork["ledger"]["deal"]>>,
  hot: Hex,
): string {
  if (deal === undefined || seed === undefined) return "unknown deal or period";
  const proofHash = `0x${createHash("sha256").update(push.proof).digest("hex")}` as Hex;
  const message = { deal: push.deal, purpose: 0, period: BigInt(push.period), seed, proofHash };
  if (!verifyTyped(hot, "Proof", message, network.deployment, push.signature)) return "not signed for this";
  const rawLength = Number(deal.quote.rawLength);
  const subject = {
    purpose: "period" as const,
    seed,
    chainId: network.deployment.chainId,
    deal: push.deal,
    provider: deal.quote.provider,
    period: push.period,
  };
  const verdict = verifyPossession({
    root: Buffer.from(deal.quote.commitment.slice(2), "hex"),
    rawLength,
    indices: deriveChallenges(subject, payloadLeaves(rawLength), PERIOD_CHALLENGES),
    proof: push.proof,
  });
  return verdict.ok ? "accepted" : `wrong proof: ${verdict.reason}`;
}

export async function startTestGateway(network: TestNetwork, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { ledger, deployment, executorKey, executor } = network;
  const transport = openTransport({
    ledger,
    executor,
    signRequest: (message) => signTyped("GatewayRequest", message, deployment, executorKey),
    chainNow: network.chainNow,
    allowPrivateEndpoints: true,
    ...(options.ways === undefined ? {} : { ways: options.ways }),
    ...(options.heartbeatSeconds === undefined ? {} : { heartbeatSeconds: options.heartbeatSeconds }),
  });
  const sources = new Map<DealId, TestSource>();
  const gateway: Omit<TestGateway, "url" | "stop"> = {
    transport,
    sources,
    proofs: [],
    reports: [],
    pulls: [],
    deaf: false,
    relaying: "refuses",
    relayed: [],
  };
  const server = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: 8 << 20 });
  server.setErrorHandler((error, _request, reply) => {
    const failure = asCairnError(error);
    return reply.code(failure.httpStatus).send({ error: failure.toJSON() });
  });
  await server.register(connectionRoutes(transport));

  server.get("/api/v1/network", async () => ({
    version: "test",
    profile: "demo",
    chainUrl: network.anvil.url,
    executor,
    verifierSet: network.verifierSet,
    verifiers: [],
    quorum: 1,
    operators: 1,
    deployment,
    defaults: { k: 1, n: 1, days: 1 },
    pieceLimit: 1 << 20,
    scrubSeconds: TEST_PROFILE.scrubSeconds,
    faucet: false,
  }));
  server.post("/api/v1/providers", async (request) => {
    const { message, signature } = signedFromJson("Registration", request.body);
    return ledger
      .register({ id: `register/${message.hot}/${message.nonce}` }, message, signature)
      .then(({ ok }) => ({ ok }));
  });
  const source = (deal: string, header: unknown): TestSource => {
    const found = sources.get(deal as DealId);
    if (found === undefined || typeof header !== "string") throw new Error("no such source");
    const { message, signature } = signedFromJson(
      "UploadCapability",
      JSON.parse(Buffer.from(header, "base64").toString()),
    );
    if (recoverTyped("UploadCapability", message, deployment, signature) !== executor) throw new Error("not allowed");
    return found;
  };
  server.get<{ Params: { deal: DealId } }>("/api/v1/provider/shards/:deal", async (request, reply) => {
    const { rawLength, shard } = source(request.params.deal, request.headers["cairn-capability"]);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    gateway.pulls.push({ deal: request.params.deal, from });
    if (from > 0) reply.code(206).header("content-range", `bytes ${from}-${rawLength - 1}/${rawLength}`);
    return reply.type("application/octet-stream").send(Readable.from(shard(from), { highWaterMark: 2 }));
  });
  for (const part of ["document", "manifest"] as const) {
    server.get<{ Params: { deal: string } }>(`/api/v1/provider/shards/:deal/${part}`, async (request, reply) => {
      const bytes = source(request.params.deal, request.headers["cairn-capability"])[part];
      return reply.type("application/octet-stream").send(Buffer.from(bytes));
    });
  }
  server.post("/api/v1/provider/proofs", async (request) => {
    const pushes = proofsFromJson(request.body);
    const results: string[] = [];
    for (const push of pushes) {
      const deal = await ledger.deal(push.deal);
      const record = deal === undefined ? undefined : await ledger.provider(deal.quote.provider);
      const seed = await ledger.seed(push.period);
      const result = gateway.deaf ? "not listening" : check(network, push, seed, deal, record?.hot ?? "0x");
      gateway.proofs.push({ push, result });
      results.push(result);
    }
    return { results };
  });
  server.post("/api/v1/provider/chain-proofs", async (request) => {
    const results: string[] = [];
    for (const { deal, period, proof } of proofsFromJson(request.body, MAX_CHAIN_PROOFS)) {
      gateway.relayed.push(deal);
      if (gateway.relaying === "stalls") await new Promise((resolve) => request.raw.socket.once("close", resolve));
      if (gateway.relaying === "proves") {
        const record = await ledger.deal(deal);
        const { leaves, siblings } = proofToCalldata(proof, Number(record?.quote.rawLength));
        const submission = { id: `prove-for/${deal}/${period}`, until: "included" as const };
        const { ok } = await ledger.provePossession(submission, deal, period, leaves, siblings);
        results.push(ok ? "accepted" : "refused");
      } else results.push(gateway.relaying === "lies" ? "accepted" : "not for you");
    }
    return { results };
  });
  server.post("/api/v1/provider/damage", async (request) => {
    const reports = reportsFromJson(request.body);
    gateway.reports.push(...reports);
    return { results: reports.map(() => "accepted") };
  });
  const url = await server.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  return Object.assign(gateway, {
    url,
    async stop() {
      await transport.close();
      await server.close();
    },
  });
}
