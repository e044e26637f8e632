import { giveBack, requirePackageRoom, use } from "@cairn/accounts";
import { cancelJob, listAsks } from "@cairn/catalog";
import {
  AsksPageJson,
  CommitPackageJson,
  Hash,
  OpenPackageJson,
  PackageDetailJson,
  PackagePageJson,
  QuotePlanJson,
  RenamePackageJson,
  SignedJson,
} from "@cairn/client";
import { type PlacementJson as CorePlacement, PACKAGE_STATES, placementFromJson } from "@cairn/core";
import { PACKAGE_SORTS } from "@cairn/market";
import { type Hex, signedFromJson } from "@cairn/protocol";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { type Static, Type } from "typebox";
import { checkRoutes } from "./check-routes.ts";
import { custodyRoutes } from "./custody-routes.ts";
import { dealRoutes } from "./deal-routes.ts";
import { requireMinimum } from "./effective-settings.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { networkRoutes } from "./network-routes.ts";
import { packageDetailToJson, packageToJson, quotePlanToJson } from "./package-json.ts";
import {
  After,
  about,
  Count,
  Id,
  Limit,
  Order,
  oneOf,
  ownPackage,
  Several,
  severalOf,
  walletOf,
} from "./package-route.ts";
import { principalOf } from "./principal-of.ts";
import { readRoutes } from "./read-routes.ts";
import { recoverRoutes } from "./recover-routes.ts";
import { settingsRoutes } from "./settings-routes.ts";
import { statementRoutes } from "./statement-routes.ts";
import { uploadRoutes } from "./upload-routes.ts";
import { findUpload } from "./vault-paths/find-upload.ts";
import { vaultRoutes } from "./vault-routes.ts";

const PackageQuery = Type.Object({
  limit: Limit,
  after: After,
  sort: Type.Optional(oneOf(PACKAGE_SORTS)),
  order: Order,
  states: Several(PACKAGE_STATES),
  nameHash: Type.Optional(Hash),
  gone: Type.Optional(Type.Boolean({ description: "also those that were removed or undone" })),
});

/** Storing, following, reading, checking and removing packages, for the account that the token names. */
export function packageRoutes(gateway: GatewayContext): FastifyPluginAsync {
  return async (server) => {
    lifeRoutes(server, gateway);
    settingsRoutes(server, gateway);
    networkRoutes(server, gateway);
    statementRoutes(server, gateway);
    uploadRoutes(server, gateway);
    vaultRoutes(server, gateway);
    readRoutes(server, gateway);
    checkRoutes(server, gateway);
    custodyRoutes(server, gateway);
    dealRoutes(server, gateway);
    recoverRoutes(server, gateway);
  };
}

/** From the beginning of a package to its end. */
function lifeRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { market } = gateway;

  server.get(
    "/api/v1/packages",
    {
      config: { scope: "read" },
      schema: {
        ...about("A page of the account's packages, oldest first unless asked otherwise"),
        querystring: PackageQuery,
        response: { 200: PackagePageJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      const { nameHash, states, ...page } = request.query as Static<typeof PackageQuery>;
      const { packages, next } = await market.listPackages({
        ...page,
        account,
        ...(nameHash === undefined ? {} : { nameHash: nameHash as Hex }),
        ...(states === undefined ? {} : { states: severalOf(states, "states", PACKAGE_STATES) }),
      });
      return { packages: packages.map(packageToJson), next };
    },
  );

  server.post(
    "/api/v1/packages",
    {
      config: { scope: "write" },
      schema: { ...about("Begin a package"), body: OpenPackageJson, response: { 200: PackageDetailJson } },
    },
    async (request) => {
      const { account } = principalOf(request);
      const { nameHash, label, repairKey, expectedBytes, placement, owner, ...body } = request.body as OpenPackageJson;
      await requireMinimum(gateway.pool, account, body.days);
      await requirePackageRoom(gateway.pool, account, body.id);
      const opened = await market.openPackage({
        ...body,
        account,
        owner: await walletOf(gateway, account, owner),
        nameHash: nameHash as Hex,
        label: Buffer.from(label, "base64"),
        repairKey: Buffer.from(repairKey, "base64"),
        ...(expectedBytes === undefined ? {} : { expectedBytes }),
        ...(placement === undefined ? {} : { placement: placementFromJson(placement as CorePlacement) }),
      });
      return packageDetailToJson(opened);
    },
  );

  server.get(
    "/api/v1/packages/:id",
    {
      config: { scope: "read" },
      schema: { ...about("A package, shard by shard"), params: Id, response: { 200: PackageDetailJson } },
    },
    async (request) => {
      const { account, id } = await ownPackage(gateway, request);
      return packageDetailToJson(await market.packageStatus({ id, account }));
    },
  );

  server.get(
    "/api/v1/packages/:id/asks",
    {
      config: { scope: "read" },
      schema: {
        ...about("Who was asked for quotes of a package or passed over, and why; oldest first"),
        params: Id,
        querystring: Type.Object({ limit: Limit, after: Type.Optional(Count) }),
        response: { 200: AsksPageJson },
      },
    },
    async (request) => {
      const { id } = await ownPackage(gateway, request);
      const { asks, next } = await listAsks(gateway.pool, id, request.query as { after?: number; limit?: number });
      return { asks: asks.map((ask) => ({ ...ask, price: ask.price.toString() })), next };
    },
  );

  server.post(
    "/api/v1/packages/:id/quote",
    {
      config: { scope: "write" },
      schema: { ...about("What storing would cost, and with whom"), params: Id, response: { 200: QuotePlanJson } },
    },
    async (request) => {
      const { id } = await ownPackage(gateway, request);
      return quotePlanToJson(await market.quotePackage({ id }));
    },
  );

  server.post(
    "/api/v1/packages/:id/commit",
    {
      config: { scope: "write" },
      schema: {
        ...about("Accept the quote, by the owner's signatures"),
        params: Id,
        body: CommitPackageJson,
        response: { 200: PackageDetailJson },
      },
    },
    async (request) => {
      const { account, id } = await ownPackage(gateway, request);
      const body = request.body as CommitPackageJson;
      const committed = await countCommit(gateway, { account, id }, () =>
        market.commitPackage({
          id,
          mandate: signedFromJson("Mandate", body.mandate),
          readCapability: signedFromJson("ReadCapability", body.readCapability),
        }),
      );
      return packageDetailToJson(committed);
    },
  );

  for (const [name, summary, act] of [
    ["abandon", "Give up a package that is not stored", market.abandonPackage],
    ["resume", "Go on after what stopped it", market.resumePackage],
  ] as const) {
    server.post(
      `/api/v1/packages/:id/${name}`,
      { config: { scope: "write" }, schema: { ...about(summary), params: Id, response: { 200: PackageDetailJson } } },
      async (request) => {
        const { account, id } = await ownPackage(gateway, request);
        const acted = await act.call(market, { id });
        // Whoever reads a folder of this machine for it need not go on.
        if (name === "abandon" && gateway.vaultPaths.folders.length > 0)
          await findUpload(gateway.pool, { id, account })
            .then(() => cancelJob(gateway.pool, { id, account }))
            .catch(() => undefined);
        return packageDetailToJson(acted);
      },
    );
  }

  server.put(
    "/api/v1/packages/:id/name",
    {
      config: { scope: "write" },
      schema: {
        ...about("Give a package another name, and the one that has it a third"),
        params: Id,
        body: RenamePackageJson,
        response: { 200: PackageDetailJson },
      },
    },
    async (request) => {
      const { account, id } = await ownPackage(gateway, request);
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
      config: { scope: "write" },
      schema: {
        ...about("End a package, by the owner's signature"),
        params: Id,
        body: Type.Object({ termination: SignedJson }),
        response: { 200: PackageDetailJson },
      },
    },
    async (request) => {
      const { id } = await ownPackage(gateway, request);
      const termination = signedFromJson("Termination", (request.body as { termination: unknown }).termination);
      return packageDetailToJson(await market.removePackage({ id, termination }));
    },
  );
}

/** Each package that is agreed costs the gateway gas; one that is agreed already, or is not after all, costs nothing more. */
async function countCommit<T>(
  { pool, accounts }: GatewayContext,
  { account, id }: { account: string; id: string },
  commit: () => Promise<T>,
): Promise<T> {
  const counted = "select 1 from catalog.packages where id = $1 and account = $2 and state = 'COMMITTED'";
  if ((await pool.query(counted, [id, account])).rowCount === 0) return commit();
  const at = accounts.clock.now();
  await use(accounts, { account, kind: "commits", amount: 1 });
  try {
    return await commit();
  } catch (error) {
    await giveBack(accounts, { account, kind: "commits", amount: 1, at });
    throw error;
  }
}
