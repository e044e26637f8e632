import type { ErrorEntry } from "./entry.ts";

/** What users, tokens, wallets and limits raise (packages/accounts). */
export const ACCOUNTS_ERRORS = {
  "bad-account": {
    kind: "input",
    means: "an account cannot be called so",
    next: "Name it by lower-case letters, digits, dots, dashes and underscores, at most 64.",
  },
  "bad-password": {
    kind: "input",
    means: "the password is too short, too long or too easy to guess",
    next: "Choose one of at least 12 characters without the user's name in it.",
  },
  "bad-token": {
    kind: "input",
    means: "a token as it was asked for could do nothing",
    next: "Name a scope, and a time that lies ahead.",
  },
  "faucet-used": {
    kind: "conflict",
    means: "the faucet has given to another wallet of the account",
    next: "Send coins from that wallet.",
  },
  "home-token": {
    kind: "conflict",
    means: "the home's own token is not revoked",
    next: "To replace it, stop the network, delete the home's file `token`, and start again.",
  },
  "invite-needed": {
    kind: "auth",
    means: "the gateway takes only users that were invited",
    next: "Ask its operator for an invite (`cairn user invite`).",
  },
  "not-an-owners-message": {
    kind: "input",
    means: "a wallet was asked to sign what no owner signs",
    next: "It signs Mandate, Termination, ReadCapability, UploadCapability and AccountClaim.",
  },
  "sign-up-closed": {
    kind: "auth",
    means: "the gateway takes no new users by itself",
    next: "Ask its operator to add you.",
  },
  "too-many-attempts": {
    kind: "unavailable",
    means: "too many logins or sign-ups of this user or network failed",
    next: "Wait as long as is said. Open sessions and tokens go on working.",
  },
  "too-many-invites": {
    kind: "exhausted",
    means: "the account has as many open invites as it can have",
    next: "Withdraw one that is not needed, or wait until one expires.",
  },
  "too-many-tokens": {
    kind: "exhausted",
    means: "the account has as many tokens as it can have",
    next: "Revoke one with `cairn token revoke ID`.",
  },
  "too-many-users": {
    kind: "exhausted",
    means: "the account or the gateway has as many users as it can have",
    next: "Remove one with `cairn user remove NAME`.",
  },
  "too-many-wallets": {
    kind: "exhausted",
    means: "the account has as many wallets as it can have",
    next: "Use one of those that it has: `cairn wallet list`.",
  },
  "unknown-session": {
    kind: "missing",
    means: "the user has no such session",
    next: "GET /api/v1/sessions lists yours.",
  },
  "user-exists": { kind: "conflict", means: "the name belongs to another user", next: "Choose another name." },
  "wallet-locked": {
    kind: "conflict",
    means: "the vault of the wallet is locked, so the gateway cannot sign for it",
    next: "Unlock it with `cairn wallet unlock`, or sign with the key where you have it.",
  },
  "wallet-name-taken": {
    kind: "conflict",
    means: "the account has a wallet of this name already",
    next: "Give it another name.",
  },
  "wrong-invite": {
    kind: "auth",
    means: "the invite is unknown, was used, has expired, or ended with whoever made it",
    next: "Ask for another one: each is good for one user.",
  },
  "wrong-link": {
    kind: "auth",
    means: "a link that opens the console was used before, or its half hour is over",
    next: "Make a new one with `cairn open`.",
  },
  "wrong-login": {
    kind: "auth",
    means: "the user's name or the password is wrong",
    next: "Try again; an operator can set another password with `cairn user password NAME`.",
  },
} as const satisfies Record<string, ErrorEntry>;
