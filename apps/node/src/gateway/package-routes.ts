import { Readable } from "node:stream";
import type { Account } from "@cairn/catalog";
import {
  CheckResultJson,
  CommitPackageJson,
  Hash,
  OpenPackageJson,
  PackageDetailJson,
  PackageIdText,
  PackageJson,
  QuotePlanJson,
  RecoverableJson,
  RepairKeyJson,
  SealPackageJson,
  SignedJson,
} from "@cairn/client";
import { type Address, CairnError, type Hex, signedFromJson } from "@cairn/core";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { authenticate } from "./authenticate.ts";
import { capabilityOf } from "./capability-header.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { packageDetailToJson, packageToJson, quotePlanToJson } from "./package-json.ts";
import { sendBytes } from "./send-bytes.ts";

const Id = Type.Object({ id: PackageIdText });
const PieceParams = Type.Object({ id: PackageIdText, piece: Type.Integer({ minimum: 0, maximum: 100_000 }) });
const Cids = Type.Object({ cids: Type.Array(Type.String({ maxLength: 128 }), { minItems: 1, maxItems: 65_536 }) });
const CheckBody = Type.Object({
  full: Type.Boolean(),
  pieces: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 100_000 })),
  readCapability: Type.Optional(SignedJson),
});
const RecoverBody = Type.Object({ readCapabilities: Type.Array(SignedJson, { maxItems: 1000 }) });
const NameQuery = Type.Object({ nameHash: Type.Optional(Hash) });
const OffsetQuery = Type.Object({ offset: Type.Optional(Type.Integer({ minimum: 0 })) });

function ownerOf(account: Account): Address {
  if (account.owner !== null) return account.owner;
  throw new CairnError("the account has no wallet yet", {
    code: "no-wallet",
    kind: "conflict",
    next: "PUT /api/v1/account with the owner's address first.",
  });
}

/** Storing, following, reading, checking and removing packages, for the account that the token names. */
export function packageRoutes(gateway: GatewayContext): FastifyPluginAsync {
  const { market, audit } = gateway;

  /** The account, after making sure that the package in the path is its own. */
  async function own(request: FastifyRequest): Promise<{ account: string; id: string }> {
    const account = await authenticate(gateway.pool, request);
    const { id } = request.params as Static<typeof Id>;
    await market.packageStatus({ id, account: account.id });
    return { account: account.id, id };
  }

  return async (server) => {
    server.get(
      "/api/v1/packages",
      { schema: { querystring: NameQuery, response: { 200: Type.Array(PackageJson) } } },
      async (request) => {
        const account = await authenticate(gateway.pool, request);
        const { nameHash } = request.query as Static<typeof NameQuery>;
        const found = await market.listPackages({
          account: account.id,
          ...(nameHash === undefined ? {} : { nameHash: nameHash as Hex }),
        });
        return found.map(packageToJson);
      },
    );

    server.post(
      "/api/v1/packages",
      { schema: { body: OpenPackageJson, response: { 200: PackageDetailJson } } },
      async (request) => {
        const account = await authenticate(gateway.pool, request);
        const { nameHash, label, repairKey, expectedBytes, ...body } = request.body as OpenPackageJson;
        const opened = await market.openPackage({
          ...body,
          account: account.id,
          owner: ownerOf(account),
          nameHash: nameHash as Hex,
          label: Buffer.from(label, "base64"),
          repairKey: Buffer.from(repairKey, "base64"),
          ...(expectedBytes === undefined ? {} : { expectedBytes }),
        });
        return packageDetailToJson(opened);
      },
    );

    server.get(
      "/api/v1/packages/:id",
      { schema: { params: Id, response: { 200: PackageDetailJson } } },
      async (request) => {
        const { account, id } = await own(request);
        return packageDetailToJson(await market.packageStatus({ id, account }));
      },
    );

    server.put(
      "/api/v1/packages/:id/pieces/:piece",
      { schema: { params: PieceParams, querystring: OffsetQuery } },
      async (request) => {
        const { id } = await own(request);
        const { piece } = request.params as Static<typeof PieceParams>;
        const { offset = 0 } = request.query as Static<typeof OffsetQuery>;
        return market.appendPiece({ id, piece, offset, body: request.raw });
      },
    );

    server.put("/api/v1/packages/:id/manifest", { schema: { params: Id } }, async (request) => {
      const { id } = await own(request);
      return market.putManifest({ id, body: request.raw });
    });

    server.get("/api/v1/packages/:id/manifest", { schema: { params: Id } }, async (request, reply) => {
      const { id } = await own(request);
      const { size, bytes } = await market.readManifest({ id });
      return reply.type("application/octet-stream").header("content-length", size).send(Readable.from(bytes));
    });

    server.post(
      "/api/v1/packages/:id/seal",
      { schema: { params: Id, body: SealPackageJson, response: { 200: PackageDetailJson } } },
      async (request) => {
        const { id } = await own(request);
        return packageDetailToJson(await market.sealPackage({ id, ...(request.body as SealPackageJson) }));
      },
    );

    server.post(
      "/api/v1/packages/:id/quote",
      { schema: { params: Id, response: { 200: QuotePlanJson } } },
      async (request) => {
        const { id } = await own(request);
        return quotePlanToJson(await market.quotePackage({ id }));
      },
    );

    server.post(
      "/api/v1/packages/:id/commit",
      { schema: { params: Id, body: CommitPackageJson, response: { 200: PackageDetailJson } } },
      async (request) => {
        const { id } = await own(request);
        const body = request.body as CommitPackageJson;
        const committed = await market.commitPackage({
          id,
          mandate: signedFromJson("Mandate", body.mandate),
          readCapability: signedFromJson("ReadCapability", body.readCapability),
        });
        return packageDetailToJson(committed);
      },
    );

    for (const [name, act] of [
      ["abandon", market.abandonPackage],
      ["resume", market.resumePackage],
    ] as const) {
      server.post(
        `/api/v1/packages/:id/${name}`,
        { schema: { params: Id, response: { 200: PackageDetailJson } } },
        async (request) => {
          const { id } = await own(request);
          return packageDetailToJson(await act.call(market, { id }));
        },
      );
    }

    server.post(
      "/api/v1/packages/:id/remove",
      {
        schema: {
          params: Id,
          body: Type.Object({ termination: SignedJson }),
          response: { 200: PackageDetailJson },
        },
      },
      async (request) => {
        const { id } = await own(request);
        const termination = signedFromJson("Termination", (request.body as { termination: unknown }).termination);
        return packageDetailToJson(await market.removePackage({ id, termination }));
      },
    );

    server.get("/api/v1/packages/:id/pieces/:piece", { schema: { params: PieceParams } }, async (request, reply) => {
      const { id } = await own(request);
      const { piece } = request.params as Static<typeof PieceParams>;
      const signal = abortWith(reply);
      const bytes = market.readPiece({ id, piece, capability: capabilityOf("ReadCapability", request), signal });
      return sendBytes(reply.type("application/vnd.ipld.car"), bytes);
    });

    server.post("/api/v1/packages/:id/blocks", { schema: { params: Id, body: Cids } }, async (request, reply) => {
      const { id } = await own(request);
      const { cids } = request.body as Static<typeof Cids>;
      const bytes = market.readBlocks({
        id,
        cids,
        capability: capabilityOf("ReadCapability", request),
        signal: abortWith(reply),
      });
      return sendBytes(reply.type("application/octet-stream"), bytes);
    });

    server.post("/api/v1/packages/:id/locate", { schema: { params: Id, body: Cids } }, async (request) => {
      const { id } = await own(request);
      return market.locateBlocks({ id, cids: (request.body as Static<typeof Cids>).cids });
    });

    server.post(
      "/api/v1/packages/:id/check",
      { schema: { params: Id, body: CheckBody, response: { 200: CheckResultJson } } },
      async (request) => {
        const { id } = await own(request);
        const { full, pieces, readCapability } = request.body as Static<typeof CheckBody>;
        const started = await audit.startCheck(
          {
            package: id,
            full,
            ...(pieces === undefined ? {} : { pieces }),
            ...(readCapability === undefined
              ? {}
              : { readCapability: signedFromJson("ReadCapability", readCapability) }),
          },
          gateway.signTicket,
        );
        return started.check;
      },
    );

    server.get(
      "/api/v1/checks/:check",
      {
        schema: { params: Type.Object({ check: Type.String({ maxLength: 64 }) }), response: { 200: CheckResultJson } },
      },
      async (request) => {
        const account = await authenticate(gateway.pool, request);
        const result = await audit.checkResult((request.params as { check: string }).check);
        await market.packageStatus({ id: result.package, account: account.id });
        return result;
      },
    );

    server.get("/api/v1/recover", { schema: { response: { 200: Type.Array(RecoverableJson) } } }, async (request) => {
      const account = await authenticate(gateway.pool, request);
      await gateway.caughtUp();
      return market.listRecoverable({ owner: ownerOf(account) });
    });

    server.post(
      "/api/v1/recover",
      { schema: { body: RecoverBody, response: { 200: Type.Array(PackageDetailJson) } } },
      async (request) => {
        const account = await authenticate(gateway.pool, request);
        const { readCapabilities } = request.body as Static<typeof RecoverBody>;
        const recovered = await market.recoverPackages({
          account: account.id,
          owner: ownerOf(account),
          capabilities: readCapabilities.map((json) => signedFromJson("ReadCapability", json)),
        });
        return recovered.map(packageDetailToJson);
      },
    );

    server.post(
      "/api/v1/packages/:id/repair-key",
      { schema: { params: Id, body: RepairKeyJson, response: { 200: PackageDetailJson } } },
      async (request) => {
        const { id } = await own(request);
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
  };
}

/** Aborts when the client goes away before it has everything. */
function abortWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}
