import type { ScopeText } from "@cairn/client";
import { CairnError } from "@cairn/protocol/errors";
import { dateOf } from "./date-of.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

interface TokenOptions extends CommonOptions {
  scope?: string[];
  days?: number;
}

const SCOPES: readonly string[] = ["read", "write", "admin", "operate"];
const DAY_SECONDS = 86_400;

export async function createToken(label: string, options: TokenOptions): Promise<void> {
  const scopes = options.scope ?? ["read", "write"];
  const odd = scopes.find((scope) => !SCOPES.includes(scope));
  if (odd !== undefined) {
    throw new CairnError(`there is no scope "${odd}"`, {
      code: "bad-value",
      kind: "input",
      next: `The scopes are ${SCOPES.join(", ")}: docs/accounts.md says what each lets do.`,
    });
  }
  const { client, output } = await openSession(options);
  const expiresAt = options.days === undefined ? undefined : Math.floor(Date.now() / 1000) + options.days * DAY_SECONDS;
  const made = await client.createToken({
    label,
    scopes: scopes as ScopeText[],
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  output.result(made);
  const { token, secret } = made;
  const until = token.expiresAt === null ? "until it is revoked" : `until ${dateOf(token.expiresAt)}`;
  output.say(`Token for ${token.scopes.join(", ")}, good ${until}. It is not shown again:`, "", secret);
}

export async function listTokens(options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const tokens = await client.tokens();
  output.result(tokens);
  const rows = tokens.map(({ id, label, scopes, expiresAt, lastUsedAt }) => [
    id.slice(0, 8),
    label,
    scopes.join(","),
    dateOf(expiresAt),
    dateOf(lastUsedAt),
  ]);
  output.say(table(["ID", "LABEL", "SCOPES", "EXPIRES", "USED"], rows));
}

export async function revokeToken(id: string, options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const found = (await client.tokens()).filter((token) => id !== "" && token.id.startsWith(id));
  const [token, other] = found;
  if (token === undefined || other !== undefined) {
    throw new CairnError(other === undefined ? `there is no token ${id}` : `${found.length} tokens begin with ${id}`, {
      code: "unknown-token",
      kind: "missing",
      next: "`cairn token list --json` shows the whole ids.",
    });
  }
  await client.revokeToken(token.id);
  output.result({ revoked: token.id });
  output.say(`Revoked ${token.label === "" ? token.id : `"${token.label}"`}: it opens nothing any more.`);
}
