import { createHash } from "node:crypto";
import { CairnError } from "@cairn/core";
import type { FastifyRequest } from "fastify";
import type { Pool } from "pg";

const hashOf = (token: string) => createHash("sha256").update(token).digest();

/** The account of a bearer token; throws `no-token` or `wrong-token`. Only hashes of tokens are stored. */
export async function authenticate(pool: Pool, request: FastifyRequest): Promise<string> {
  const header = request.headers.authorization ?? "";
  const token = header.startsWith("Bearer ") ? header.slice("Bearer ".length) : "";
  if (token === "") {
    throw new CairnError("this call needs an API token", {
      code: "no-token",
      kind: "auth",
      next: "Send `Authorization: Bearer TOKEN`; the local token is in the home's `token` file.",
    });
  }
  const { rows } = await pool.query<{ account: string }>({
    name: "token-account",
    text: "select account from catalog.tokens where hash = $1 and revoked_at is null",
    values: [hashOf(token)],
  });
  const [row] = rows;
  if (row !== undefined) return row.account;
  throw new CairnError("the API token is not known here", {
    code: "wrong-token",
    kind: "auth",
    next: "Use the token in this home's `token` file, and check that --home names the running network.",
  });
}

/** Make sure that the home's own account exists and that `token` opens it. */
export async function ensureLocalAccount(pool: Pool, token: string): Promise<void> {
  await pool.query("insert into catalog.accounts (id) values ('local') on conflict do nothing");
  await pool.query(
    "insert into catalog.tokens (hash, account, label) values ($1, 'local', 'home') on conflict do nothing",
    [hashOf(token)],
  );
}
