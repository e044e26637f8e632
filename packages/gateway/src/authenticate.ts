import { type Account, accountOfToken, createToken, ensureAccount } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { FastifyRequest } from "fastify";
import type { Pool } from "pg";

/**
 * The bearer token of a request; empty when it has none. Where a browser opens a WebSocket and cannot set the header, it is the subprotocol
 * `bearer.TOKEN`.
 */
export function bearerToken(request: FastifyRequest): string {
  const header = request.headers.authorization ?? "";
  if (header.startsWith("Bearer ")) return header.slice("Bearer ".length);
  const offered =
    request.headers.upgrade === undefined ? undefined : request.headers["sec-websocket-protocol"]?.split(",");
  return (
    offered
      ?.map((one) => one.trim())
      .find((one) => one.startsWith("bearer."))
      ?.slice("bearer.".length) ?? ""
  );
}

/** The account of a bearer token; throws `no-token` or `wrong-token`. */
export async function authenticate(pool: Pool, request: FastifyRequest): Promise<Account> {
  // The entrance has looked already, before it let the body in.
  if (request.account !== undefined) return request.account;
  const token = bearerToken(request);
  if (token === "") {
    throw new CairnError("this call needs an API token", {
      code: "no-token",
      kind: "auth",
      next: "Send `Authorization: Bearer TOKEN`; the local token is in the home's `token` file.",
    });
  }
  const account = await accountOfToken(pool, token);
  if (account !== undefined) return account;
  throw new CairnError("the API token is not known here", {
    code: "wrong-token",
    kind: "auth",
    next: "Use the token in this home's `token` file, and check that --home names the running network.",
  });
}

/** Make sure that the home's own account exists and that `token` opens it. */
export async function ensureLocalAccount(pool: Pool, token: string): Promise<void> {
  const account = await ensureAccount(pool, "local");
  await createToken(pool, account.id, token, "home");
}
