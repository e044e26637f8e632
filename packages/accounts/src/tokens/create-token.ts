import { inTransaction } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { type Principal, SCOPES, type Scope } from "../scopes.ts";
import { hashSecret, newId, newSecret } from "../secrets.ts";
import type { Token } from "./list-tokens.ts";

/** Of one account. */
const MOST_TOKENS = 200;

export interface NewToken {
  label: string;
  scopes: readonly Scope[];
  /** UNIX seconds; left out: until it is revoked. */
  expiresAt?: number;
}

/**
 * A token of the principal's account, whose secret is not to be had again. It may do no more than whoever makes it; one that a user makes ends with
 * the user, and one that a token makes lasts no longer than that.
 * @throws CairnError `scope-missing`, `bad-token`, `too-many-tokens`
 */
export async function createToken(
  { pool, clock }: AccountsContext,
  maker: Principal,
  { label, scopes, expiresAt }: NewToken,
): Promise<{ secret: string; token: Token }> {
  const now = clock.now();
  const beyond = scopes.filter((scope) => !maker.scopes.includes(scope));
  if (beyond.length > 0) {
    throw new CairnError(`a token with the scopes ${beyond.join(", ")} can be made only by whoever has them`, {
      code: "scope-missing",
      kind: "auth",
      details: { scopes: beyond },
      next: `Ask for no more than ${maker.scopes.join(", ")}.`,
    });
  }
  if (scopes.length === 0 || (expiresAt !== undefined && expiresAt <= now)) {
    throw new CairnError(scopes.length === 0 ? "a token needs a scope" : "the token would have expired already", {
      code: "bad-token",
      kind: "input",
      details: { field: scopes.length === 0 ? "scopes" : "expiresAt" },
      next: scopes.length === 0 ? `Name some of ${SCOPES.join(", ")}.` : "Name a time that lies ahead.",
    });
  }
  const [id, secret, kept] = [newId(), newSecret(), SCOPES.filter((scope) => scopes.includes(scope))];
  return inTransaction(pool, async (client) => {
    await client.query("select 1 from catalog.accounts where id = $1 for update", [maker.account]);
    await client.query("delete from accounts.tokens where account = $1 and expires_at <= to_timestamp($2)", [
      maker.account,
      now,
    ]);
    const { rows } = await client.query<{ held: number; until: number | null }>(
      `select count(*)::int as held, (select floor(extract(epoch from expires_at))::float8 from accounts.tokens where id = $2) as until
       from accounts.tokens where account = $1`,
      [maker.account, maker.via === "token" ? maker.id : ""],
    );
    const { held = 0, until = null } = rows[0] ?? {};
    if (held >= MOST_TOKENS) {
      throw new CairnError(`the account has ${held} tokens, which is the most that it can have`, {
        code: "too-many-tokens",
        kind: "exhausted",
        details: { limit: MOST_TOKENS },
        next: "Revoke one with `cairn token revoke ID`.",
      });
    }
    const ends = until === null ? (expiresAt ?? null) : Math.min(until, expiresAt ?? until);
    await client.query(
      `insert into accounts.tokens (hash, id, account, "user", label, scopes, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, to_timestamp($7), to_timestamp($8))`,
      [hashSecret(secret), id, maker.account, maker.user ?? null, label, kept, now, ends],
    );
    return {
      secret,
      token: { id, label, scopes: kept, user: maker.user ?? null, createdAt: now, expiresAt: ends, lastUsedAt: null },
    };
  });
}
