import { createToken, listTokens, revokeToken } from "@cairn/accounts";
import { DoneJson, MadeTokenJson, NewTokenJson, TokensJson } from "@cairn/client";
import type { FastifyPluginAsync } from "fastify";
import type { Static } from "typebox";
import { DONE, IdParams } from "./account-route.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";

const about = (summary: string) => ({ summary, tags: ["tokens"] });
const config = { scope: "admin" } as const;

/** An account's tokens. */
export function tokenRoutes({ accounts, vaults }: GatewayContext): FastifyPluginAsync {
  return async (server) => {
    server.get(
      "/api/v1/tokens",
      { config, schema: { ...about("The account's tokens"), response: { 200: TokensJson } } },
      async (request) => listTokens(accounts, principalOf(request).account),
    );

    server.post(
      "/api/v1/tokens",
      {
        config,
        schema: {
          ...about("Make a token, which may do no more than whoever makes it; its secret is answered once"),
          body: NewTokenJson,
          response: { 200: MadeTokenJson },
        },
      },
      async (request) => createToken(accounts, principalOf(request), request.body as NewTokenJson),
    );

    server.delete(
      "/api/v1/tokens/:id",
      {
        config,
        schema: {
          ...about("Revoke a token; the vaults that it opened lock"),
          params: IdParams,
          response: { 200: DoneJson },
        },
      },
      async (request) => {
        const { id } = request.params as Static<typeof IdParams>;
        await revokeToken(accounts, { id, account: principalOf(request).account });
        vaults.lockOpenedBy({ token: id });
        return DONE;
      },
    );
  };
}
