/**
 * What a request may do. Each is named for itself: `write` does not bring `read`. docs/accounts.md says which route needs which.
 *
 * - `read`: see the account's packages, events, settings, wallets and limits, and fetch what is stored.
 * - `write`: store, rename, check and remove packages, change settings, have a wallet sign.
 * - `admin`: the account itself: its tokens, wallets, members and their invites.
 * - `operate`: the gateway: its users, its sign-up policy and the limits of accounts. It opens no other account's packages by itself. Whoever
 *   has it can set any user's password, and be that user then: the account is told by an event, and the user's sessions end.
 */
export const SCOPES = ["read", "write", "admin", "operate"] as const;
export type Scope = (typeof SCOPES)[number];

export const ROLES = ["member", "owner", "operator"] as const;
export type Role = (typeof ROLES)[number];

const SCOPES_OF: Record<Role, readonly Scope[]> = {
  member: ["read", "write"],
  owner: ["read", "write", "admin"],
  operator: SCOPES,
};

/** What a user of this role may do at most, by session or by a token. */
export const scopesOf = (role: Role): readonly Scope[] => SCOPES_OF[role];

/** Those of `asked` that `held` allows too, in the order of SCOPES. */
export const commonScopes = (asked: readonly Scope[], held: readonly Scope[]): Scope[] =>
  SCOPES.filter((scope) => asked.includes(scope) && held.includes(scope));

/** Whether who holds these scopes may make a user of `role`: one that joins the account, or one with an account of its own. */
export function mayGive(held: readonly Scope[], role: Role, joins: boolean): boolean {
  const needed: readonly Scope[] = joins ? [...scopesOf(role), "admin"] : [...scopesOf(role), "admin", "operate"];
  return needed.every((scope) => held.includes(scope));
}

/** Whom a request is from. */
export interface Principal {
  account: string;
  /** Of a session, or of a token that a user made; a token of the home has none. */
  user?: string;
  scopes: readonly Scope[];
  via: "token" | "session";
  /** Of the token in the home's file. */
  home?: true;
  /** Id of that token or session. */
  id: string;
}
