import { type AccountsContext, addWallet, createToken, type Scope } from "@cairn/accounts";
import { ensureAccount } from "@cairn/catalog";
import type { Address } from "@cairn/protocol";

/** An account with a wallet, and a token of it with these scopes; resolves with the token. */
export async function seedAccount(
  context: AccountsContext,
  { account, owner, scopes = ["read", "write"] }: { account: string; owner: Address; scopes?: Scope[] },
): Promise<string> {
  await ensureAccount(context.pool, account);
  await addWallet(context, { account, address: owner, name: "first", kind: "client" });
  const maker = { account, scopes, via: "session", id: "" } as const;
  return (await createToken(context, maker, { label: "seeded", scopes })).secret;
}
