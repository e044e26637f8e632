import { listWallets } from "@cairn/accounts";
import { addJob, type Job, retryJob } from "@cairn/catalog";
import { NewVaultUploadJson, VaultFolderJson, VaultUploadJson } from "@cairn/client";
import type { ErrorBody } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { accountRates } from "./account-rates.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { about, Id, ownPackage } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";
import { abortWith } from "./read-routes.ts";
import { folderOf } from "./vault-paths/allowed-path.ts";
import { findUpload } from "./vault-paths/find-upload.ts";
import type { Tick } from "./vault-paths/frames.ts";
import { type PackPathRequest, packPathsKind, requireOpenVault } from "./vault-paths/pack-paths.ts";

const PathQuery = Type.Object({
  path: Type.Optional(
    Type.String({ minLength: 1, maxLength: 4095, description: "a folder; only which folders there are if left out" }),
  ),
});

/** Storing from folders of the gateway's own machine, which encrypts them to the owner's public key. */
export function vaultRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { pool, vaults, vaultPaths } = gateway;
  const count = accountRates();

  async function requireVault(account: string): Promise<void> {
    const wallets = await listWallets(pool, account);
    requireOpenVault(wallets.some(({ address }) => vaults.openUntil({ account, address }) !== undefined));
  }

  server.get(
    "/api/v1/vault-paths",
    {
      config: { scope: "write" },
      schema: {
        ...about(
          "Folders of the gateway's machine that may be stored from, and, while a vault is open, what is in one",
        ),
        description: "Of one folder: two at a time for each account, and some 2 a second.",
        querystring: PathQuery,
        response: { 200: VaultFolderJson },
      },
    },
    async (request, reply) => {
      const { folders, reader } = vaultPaths;
      const { path } = request.query as { path?: string };
      if (path === undefined) return { folders, path: null, entries: [], left: 0 };
      const folder = folderOf(path, folders);
      const { account } = principalOf(request);
      await requireVault(account);
      count(request, "folders");
      return { folders, path, ...(await reader.list({ account, path, folder }, abortWith(reply))) };
    },
  );

  server.post(
    "/api/v1/packages/:id/vault-upload",
    {
      config: { scope: "write" },
      schema: {
        ...about(
          "Have the gateway encrypt a folder of its own machine into an upload that was opened, while a vault is open",
        ),
        params: Id,
        body: NewVaultUploadJson,
        response: { 200: VaultUploadJson },
      },
    },
    async (request) => {
      const { account, id } = await ownPackage(gateway, request);
      const body = request.body as NewVaultUploadJson;
      folderOf(body.path, vaultPaths.folders);
      const known = await findUpload(pool, { id, account }).catch(() => undefined);
      // What was allowed when it began needs no open vault to be followed to its end.
      if (known?.error === null && known.state !== "cancelled") return uploadJson(known);
      await requireVault(account);
      const job = await addJob(pool, { id, account, kind: packPathsKind(gateway.id), request: body });
      return uploadJson(await retryJob(pool, job));
    },
  );

  server.get(
    "/api/v1/packages/:id/vault-upload",
    {
      config: { scope: "write" },
      schema: {
        ...about("How far the gateway is with a folder of its own machine"),
        params: Id,
        response: { 200: VaultUploadJson },
      },
    },
    async (request) => uploadJson(await findUpload(pool, await ownPackage(gateway, request))),
  );
}

function uploadJson({ request, state, progress, error }: Job): VaultUploadJson {
  const { files = 0, done = 0, total = 0, skipped = 0 } = progress as Partial<Tick>;
  const { path } = request as PackPathRequest;
  return { path, state, files, done, total, skipped, error: error as ErrorBody | null };
}
