import type { ErrorEntry } from "./entry.ts";

/** What users, tokens, wallets and limits raise (packages/accounts). */
export const ACCOUNTS_ERRORS = {
  "bad-account": {
    kind: "input",
    means: "an account cannot be called so",
    next: "Name it by lower-case letters, digits, dots, dashes and underscores, at most 64.",
  },
  "bad-mail-address": {
    kind: "input",
    means: "letters cannot be sent to that address",
    next: "Give one plain address such as anna@example.org.",
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
  "bad-webhook": {
    kind: "input",
    means: "notices cannot be sent to that URL",
    next: "Give an http or https URL that this gateway can reach at a public address. For receivers inside its own network its operator sets CAIRN_PRIVATE_WEBHOOKS=1.",
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
  "mail-failed": {
    kind: "unavailable",
    means: "a letter with a code could not be sent",
    next: "Try again later; if it stays so, the gateway's operator looks at its SMTP server.",
  },
  "mail-off": {
    kind: "conflict",
    means: "the gateway sends no mail",
    next: "Its operator sets CAIRN_SMTP_URL and CAIRN_MAIL_FROM (docs/operating.md). The console and webhooks work without.",
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
  "too-many-codes": {
    kind: "exhausted",
    means: "as many letters with codes were sent to an address, or for an account, as are sent in a day",
    next: "Look for the last letter, also among spam, or wait a day.",
  },
  "too-many-invites": {
    kind: "exhausted",
    means: "the account has as many open invites as it can have",
    next: "Withdraw one that is not needed, or wait until one expires.",
  },
  "too-many-tests": {
    kind: "exhausted",
    means: "many notices were sent as a test within the hour",
    next: "Wait an hour.",
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
  "too-many-webhooks": {
    kind: "exhausted",
    means: "the account has as many webhooks as it can have",
    next: "Remove one that is not needed: `cairn notify webhook list`.",
  },
  "unknown-session": {
    kind: "missing",
    means: "the user has no such session",
    next: "GET /api/v1/sessions lists yours.",
  },
  "user-exists": { kind: "conflict", means: "the name belongs to another user", next: "Choose another name." },
  "wallet-name-taken": {
    kind: "conflict",
    means: "the account has a wallet of this name already",
    next: "Give it another name.",
  },
  "wrong-code": {
    kind: "auth",
    means: "the code is not the one that was sent, was tried too often, or is too old",
    next: "Look at the last letter, or ask for another: `cairn notify mail ADDRESS`.",
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
