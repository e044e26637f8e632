import type { ErrorEntry } from "./entry.ts";

/** What an owner's operations raise (packages/owner). */
export const OWNER_ERRORS = {
  "passphrase-needed": {
    kind: "auth",
    means: "the account file is encrypted with a passphrase, and none was given",
    next: "Set CAIRN_PASSPHRASE, or name a file that holds it with --passphrase-file.",
  },
  "bad-account-file": {
    kind: "input",
    means: "the file is not one that `cairn key export` wrote",
    next: "Give a file that `cairn key export` wrote.",
  },
  "ambiguous-package": {
    kind: "conflict",
    means: "what was given stands for more than one package",
    next: "Give more digits of the id that you mean, as `cairn ls --json` shows them.",
  },
  "bad-bundle": {
    kind: "corrupt",
    means: "a recovery bundle did not come whole, or has not the form that this version reads",
    next: "Try again, or through another gateway; use the version of Cairn that made it, or a later one.",
  },
  "bad-name": {
    kind: "input",
    means: "the text cannot be the name of a package",
    next: "Choose a name without slashes and control characters, of at most 255 bytes.",
  },
  "clocks-apart": {
    kind: "conflict",
    means:
      "this machine's clock and the network's are more than an hour apart, so that what is offered cannot be checked",
    next: "Set this machine's clock if it is wrong; if it is right, wait until the network's is (`cairn doctor`).",
  },
  "fee-too-high": {
    kind: "exhausted",
    means: "a transaction's fee could come to more than a coin; nothing was signed",
    next: "Try again when the chain is less busy, or ask another node.",
  },
  "gateway-lies": {
    kind: "corrupt",
    means: "the gateway says something that contradicts what is known here; nothing was signed",
    next: "Check which gateway this is, and report it.",
  },
  "named-otherwise": {
    kind: "conflict",
    means: "the gateway calls a package by another name than this home gave it last; nothing was signed",
    next: "Name the package by its id; `cairn mv ID NAME` accepts a name that another home of the account gave it.",
  },
  "not-checked": {
    kind: "unavailable",
    means: "providers do not answer this gateway's check; no damage was found",
    next: "Check through the gateway that stored the package, or have the providers' operators name this one with --gateway.",
  },
  "not-read-back": {
    kind: "corrupt",
    means: "the package was stored, but sampled bytes of it do not come back",
    next: "Keep your copy, and see `cairn check NAME --full` for the shard at fault.",
  },
  "not-sound": {
    kind: "corrupt",
    means: "a check found shards that their providers no longer hold whole",
    next: "They are rebuilt from the others, those of a silent provider unless it comes back; follow it with `cairn events --follow`.",
  },
  "not-stored": {
    kind: "conflict",
    means: "the package is not stored (yet)",
    next: "See its state with `cairn show`.",
  },
  "offer-outdated": {
    kind: "conflict",
    means: "a provider registered other terms while it was asked for a quote; nothing was signed",
    next: "Run the command again: others are asked, or the same one under its new terms.",
  },
  overtaken: {
    kind: "conflict",
    means: "a package was stored to replace another, and a third took the name meanwhile: both are kept",
    next: "Run the same command again to put it in the other's place, or rename or remove one of the two.",
  },
  "put-broken-off": {
    kind: "unavailable",
    means: "the network went away during a put; nothing was stored and nothing was paid",
    next: "Bring the network up with `cairn up`, and run the command again.",
  },
  "put-unknown": {
    kind: "unavailable",
    means: "the network went away while a package was being agreed, so whether it is stored is not known here",
    next: "Bring the network up with `cairn up`; `cairn ls` shows whether it is stored.",
  },
  "recover-incomplete": {
    kind: "unavailable",
    means: "some of the owner's packages could not be taken over from the chain; the others were",
    next: "Repeat the command when a provider of each package that is missing is connected; those that were recovered stay so.",
  },
  "too-expensive": {
    kind: "conflict",
    means: "the quote is above what was allowed; nothing was signed",
    next: "Allow more with --max-cost, keep it for fewer days, or wait for cheaper providers.",
  },
  "too-long": {
    kind: "corrupt",
    means: "the gateway sends more than what it serves can have",
    next: "Check which gateway this is: no honest one sends this.",
  },
  "wallet-elsewhere": {
    kind: "auth",
    means: "a package belongs to a wallet of the owner's whose key is neither here nor at the gateway",
    next: "Use the home that has its key, or import that account: `cairn key import FILE`.",
  },
} as const satisfies Record<string, ErrorEntry>;
