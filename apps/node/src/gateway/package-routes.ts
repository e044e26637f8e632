import type { Account } from "@cairn/catalog";
import {
  CheckResultJson,
  CommitPackageJson,
  CompletePackageJson,
  Hash,
  KeepUploadJson,
  KeptManifestJson,
  KeptUploadJson,
  LocatedJson,
  OpenPackageJson,
  PackageDetailJson,
  PackageIdText,
  PackagePageJson,
  QuotePlanJson,
  ReceivedJson,
  RecoverablePageJson,
  RecoveredJson,
  RenamePackageJson,
  RepairKeyJson,
  SignedJson,
} from "@cairn/client";
import { type Address, CairnError, type Hex, signedFromJson } from "@cairn/protocol";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { authenticate } from "./authenticate.ts";
import { capabilityOf } from "./capability-header.ts";
import { LIST_BODY_BYTES } from "./entrance.ts";
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
const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1000, description: "packages of one page: 1000 unless set" }),
);
const NameQuery = Type.Object({
  limit: Limit,
  after: Type.Optional(
    Type.String({ pattern: "^[0-9]{1,16}-[0-9a-f]{32}$", description: "`next` of the page before" }),
  ),
  nameHash: Type.Optional(Hash),
  gone: Type.Optional(Type.Boolean({ description: "also those that were removed or undone" })),
});
const RecoverQuery = Type.Object({ limit: Limit, after: Type.Optional(Hash) });
const OffsetQuery = Type.Object({ offset: Type.Optional(Type.Integer({ minimum: 0 })) });

const about = (summary: string) => ({ summary, tags: ["packages"] });
const OCTETS = ["application/octet-stream"];
/** The token says who asks, the capability that the owner lets it read. */
const READING = [{ token: [], capability: [] }];

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
    await market.requirePackage({ id, account: account.id });
    return { account: account.id, id };
  }

  return async (server) => {
    server.get(
      "/api/v1/packages",
      {
        schema: {
          ...about("A page of the account's packages, oldest first"),
          querystring: NameQuery,
          response: { 200: PackagePageJson },
        },
      },
      async (request) => {
        const account = await authenticate(gateway.pool, request);
        const { nameHash, ...page } = request.query as Static<typeof NameQuery>;
        const { packages, next } = await market.listPackages({
          ...page,
          account: account.id,
          ...(nameHash === undefined ? {} : { nameHash: nameHash as Hex }),
        });
        return { packages: packages.map(packageToJson), next };
      },
    );

    server.post(
      "/api/v1/packages",
      { schema: { ...about("Begin a package"), body: OpenPackageJson, response: { 200: PackageDetailJson } } },
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
      { schema: { ...about("A package, shard by shard"), params: Id, response: { 200: PackageDetailJson } } },
      async (request) => {
        const { account, id } = await own(request);
        return packageDetailToJson(await market.packageStatus({ id, account }));
      },
    );

    server.put(
      "/api/v1/packages/:id/pieces/:piece",
      {
        schema: {
          ...about("Bytes of a piece, from an offset on"),
          consumes: OCTETS,
          params: PieceParams,
          querystring: OffsetQuery,
          response: { 200: ReceivedJson },
        },
      },
      async (request) => {
        const { id } = await own(request);
        const { piece } = request.params as Static<typeof PieceParams>;
        const { offset = 0 } = request.query as Static<typeof OffsetQuery>;
        return market.appendPiece({ id, piece, offset, body: request.raw });
      },
    );

    server.post(
      "/api/v1/packages/:id/keep",
      {
        bodyLimit: LIST_BODY_BYTES,
        schema: {
          ...about("Cut an upload back to its first pieces, and say what they hold"),
          params: Id,
          body: KeepUploadJson,
          response: { 200: KeptUploadJson },
        },
      },
      async (request) => {
        const { id } = await own(request);
        return market.keepUpload({ id, ...(request.body as KeepUploadJson) });
      },
    );

    server.put(
      "/api/v1/packages/:id/manifest",
      {
        schema: {
          ...about("The encrypted manifest"),
          consumes: OCTETS,
          params: Id,
          response: { 200: KeptManifestJson },
        },
      },
      async (request) => {
        const { id } = await own(request);
        return market.putManifest({ id, body: request.raw });
      },
    );

    server.get(
      "/api/v1/packages/:id/document",
      { schema: { ...about("The commitment document, as it was signed"), produces: OCTETS, params: Id } },
      async (request, reply) => {
        const { id } = await own(request);
        return reply.type("application/octet-stream").send(Buffer.from(await market.readDocument({ id })));
      },
    );

    server.get(
      "/api/v1/packages/:id/manifest",
      { schema: { ...about("The encrypted manifest"), produces: OCTETS, params: Id } },
      async (request, reply) => {
        const { id } = await own(request);
        const { size, bytes } = await market.readManifest({ id });
        return sendBytes(reply.type("application/octet-stream").header("content-length", size), bytes);
      },
    );

    server.post(
      "/api/v1/packages/:id/complete",
      {
        bodyLimit: LIST_BODY_BYTES,
        schema: {
          ...about("Say that every piece is there"),
          params: Id,
          body: CompletePackageJson,
          response: { 200: PackageDetailJson },
        },
      },
      async (request) => {
        const { id } = await own(request);
        return packageDetailToJson(await market.completePackage({ id, ...(request.body as CompletePackageJson) }));
      },
    );

    server.post(
      "/api/v1/packages/:id/quote",
      { schema: { ...about("What storing would cost, and with whom"), params: Id, response: { 200: QuotePlanJson } } },
      async (request) => {
        const { id } = await own(request);
        return quotePlanToJson(await market.quotePackage({ id }));
      },
    );

    server.post(
      "/api/v1/packages/:id/commit",
      {
        schema: {
          ...about("Accept the quote, by the owner's signatures"),
          params: Id,
          body: CommitPackageJson,
          response: { 200: PackageDetailJson },
        },
      },
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

    for (const [name, summary, act] of [
      ["abandon", "Give up a package that is not stored", market.abandonPackage],
      ["resume", "Go on after what stopped it", market.resumePackage],
    ] as const) {
      server.post(
        `/api/v1/packages/:id/${name}`,
        { schema: { ...about(summary), params: Id, response: { 200: PackageDetailJson } } },
        async (request) => {
          const { id } = await own(request);
          return packageDetailToJson(await act.call(market, { id }));
        },
      );
    }

    server.put(
      "/api/v1/packages/:id/name",
      {
        schema: {
          ...about("Give a package another name, and the one that has it a third"),
          params: Id,
          body: RenamePackageJson,
          response: { 200: PackageDetailJson },
        },
      },
      async (request) => {
        const { account, id } = await own(request);
        const { displaced, ...naming } = request.body as RenamePackageJson;
        const namingOf = (one: { nameHash: string; label: string }) => ({
          nameHash: one.nameHash as Hex,
          label: Buffer.from(one.label, "base64"),
        });
        const renamed = await market.renamePackage({
          account,
          id,
          ...namingOf(naming),
          ...(displaced === undefined ? {} : { displaced: { id: displaced.id, ...namingOf(displaced) } }),
        });
        return packageDetailToJson(renamed);
      },
    );

    server.post(
      "/api/v1/packages/:id/remove",
      {
        schema: {
          ...about("End a package, by the owner's signature"),
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

    server.get(
      "/api/v1/packages/:id/pieces/:piece",
      {
        schema: {
          ...about("A piece, rebuilt from its shards, as a CAR"),
          security: READING,
          produces: ["application/vnd.ipld.car"],
          params: PieceParams,
        },
      },
      async (request, reply) => {
        const { id } = await own(request);
        const { piece } = request.params as Static<typeof PieceParams>;
        const signal = abortWith(reply);
        const bytes = market.readPiece({ id, piece, capability: capabilityOf("ReadCapability", request), signal });
        return sendBytes(reply.type("application/vnd.ipld.car"), bytes);
      },
    );

    server.post(
      "/api/v1/packages/:id/blocks",
      {
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
        const { id } = await own(request);
        const { cids } = request.body as Static<typeof Cids>;
        const bytes = market.readBlocks({
          id,
          cids,
          capability: capabilityOf("ReadCapability", request),
          signal: abortWith(reply),
        });
        return sendBytes(reply.type("application/octet-stream"), bytes);
      },
    );

    server.post(
      "/api/v1/packages/:id/locate",
      {
        bodyLimit: LIST_BODY_BYTES,
        schema: {
          ...about("Where blocks lie in the pieces"),
          params: Id,
          body: Cids,
          response: { 200: LocatedJson },
        },
      },
      async (request) => {
        const { id } = await own(request);
        return market.locateBlocks({ id, cids: (request.body as Static<typeof Cids>).cids });
      },
    );

    server.post(
      "/api/v1/packages/:id/check",
      {
        bodyLimit: LIST_BODY_BYTES,
        schema: {
          ...about("Have holders prove that they hold every shard"),
          params: Id,
          body: CheckBody,
          response: { 200: CheckResultJson },
        },
      },
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
        schema: {
          ...about("How far a check is"),
          params: Type.Object({ check: Type.String({ maxLength: 64 }) }),
          response: { 200: CheckResultJson },
        },
      },
      async (request) => {
        const account = await authenticate(gateway.pool, request);
        const result = await audit.checkResult((request.params as { check: string }).check);
        await market.requirePackage({ id: result.package, account: account.id });
        return result;
      },
    );

    server.get(
      "/api/v1/recover",
      {
        schema: {
          ...about("A page of the owner's packages that the chain knows, by document hash"),
          querystring: RecoverQuery,
          response: { 200: RecoverablePageJson },
        },
      },
      async (request) => {
        const account = await authenticate(gateway.pool, request);
        await gateway.caughtUp();
        const { limit, after } = request.query as Static<typeof RecoverQuery>;
        return market.listRecoverable({
          owner: ownerOf(account),
          ...(limit === undefined ? {} : { limit }),
          ...(after === undefined ? {} : { after: after as Hex }),
        });
      },
    );

    server.post(
      "/api/v1/recover",
      {
        bodyLimit: LIST_BODY_BYTES,
        schema: {
          ...about("Take packages over from the chain"),
          body: RecoverBody,
          response: { 200: RecoveredJson },
        },
      },
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
      {
        schema: {
          ...about("Have the gateway repair a package that was recovered"),
          params: Id,
          body: RepairKeyJson,
          response: { 200: PackageDetailJson },
        },
      },
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
