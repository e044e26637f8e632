import type { ErrorEntry } from "./entry.ts";

/** What more than one group of rooms raises. */
export const SHARED_ERRORS = {
  "wallet-locked": {
    kind: "conflict",
    means: "the vault of the wallet is locked, so the gateway cannot sign for it",
    next: "Unlock it with `cairn wallet unlock`, or sign with the key where you have it.",
  },
  "unknown-job": {
    kind: "missing",
    means: "the account has no such job, or it ended long ago",
    next: "Look for what it made.",
  },
  "no-phrase": {
    kind: "missing",
    means: "this account has no recovery phrase",
    next: "Make one with `cairn phrase create`.",
  },
  "bad-phrase": {
    kind: "input",
    means: "the words are no recovery phrase: a word is not in the list, one is missing, or the checksum is wrong",
    next: "Compare each word with what you wrote down.",
  },
  "network-changed": {
    kind: "conflict",
    means: "the network is not the one that this account knows",
    next: "Nothing was signed. If you know why it changed, accept it with `cairn trust --accept`; else ask who runs this network.",
  },
  "no-bundle": {
    kind: "missing",
    means: "the network has no recovery bundle of this phrase",
    next: "Look whether the words are the last that were shown, and the network is the right one; a bundle whose term is over is gone.",
  },
  "corrupt-block": {
    kind: "corrupt",
    means: "a block is not what its identifier or the manifest says",
    next: "Fetch the data again from other providers.",
  },
  "key-locked": {
    kind: "auth",
    means: "the OpenPGP key is locked, so nothing can be signed or opened with it",
    next: "Unlock it with its passphrase.",
  },
  interrupted: {
    kind: "conflict",
    means: "the command was interrupted before it was done",
    next: "Run the command again.",
  },
  "put-under-way": {
    kind: "conflict",
    means: "another process puts a package of this name",
    next: "Wait until it has ended, or put under another name with --name.",
  },
  "key-unusable": {
    kind: "input",
    means: "the OpenPGP key cannot be used for packages",
    next: "Use a key with an unexpired encryption subkey of a supported algorithm.",
  },
  "not-a-file": {
    kind: "input",
    means: "the path names a folder or link where a file is wanted",
    next: "Name a file: `cairn show NAME --files` lists them. `cairn get` brings back whole folders.",
  },
  "bad-transaction": {
    kind: "input",
    means: "a signed transaction is not the wallet's, not for this chain, or cannot be sent as it is",
    next: "Ask for the wallet's nonce and fees (docs/accounts.md), and sign it anew.",
  },
  "limit-reached": {
    kind: "exhausted",
    means:
      "a limit of the account or of a wallet is reached; details name it, its value, what is used, and when it frees",
    next: "Wait until it frees, or ask an operator for more.",
  },
  "chain-refused": {
    kind: "unavailable",
    means: "the chain did not take what was asked of it",
    next: "Check with `cairn status` that the chain runs, then try again.",
  },
  "account-claimed": {
    kind: "conflict",
    means: "the wallet belongs to another account, or the account has another wallet, whose key is elsewhere",
    next: "Bring the key of that wallet: the console's account file (Settings → Keys) with `cairn key import FILE`, or its 24 words with `cairn recover --phrase`. A wallet beside it: `cairn key create`, then `cairn wallet add NAME`.",
  },
  "bad-answer": {
    kind: ["unavailable", "corrupt"],
    means: "the other side answered with something that is not in the protocol",
    next: "Check that the address is that of a Cairn gateway or provider of this version.",
  },
  "bad-capability": {
    kind: "auth",
    means: "what lets somebody read or upload is for another package, another reader, or has run out",
    next: "Sign a new one for this package and this gateway's executor.",
  },
  "bad-input": {
    kind: "input",
    means: "a value on the command line cannot be understood",
    next: "Write it as the message says.",
  },
  "bad-key": {
    kind: "input",
    means: "the text is not a private key",
    next: "Give 0x and 64 hex digits for a wallet's key, or wallet import format for a farmer's.",
  },
  "bad-message": {
    kind: "input",
    means: "a message lacks a field, or a field has another form",
    next: "Send integers wider than 32 bits as decimal strings, bytes as 0x hex.",
  },
  "bad-package": {
    kind: "input",
    means: "the package cannot be made as it was asked for",
    next: "Correct the field that is named.",
  },
  "bad-range": {
    kind: "input",
    means: "the bytes that are asked for cannot be served",
    next: "Ask for a range within the file, as FROM-TO or bytes=FROM-TO.",
  },
  "bad-rates": {
    kind: "input",
    means: "a file or list of prices is none",
    next: 'Give CSV lines such as 2026-11-29,4.21 or JSON such as [{"date": "2026-11-29", "rate": "4.21"}].',
  },
  "bad-request": {
    kind: ["input", "auth"],
    means: "the request is not understood, or its signature does not fit it",
    next: "GET /openapi.json of a gateway says what is allowed.",
  },
  "bad-settings": {
    kind: "input",
    means: "a setting of the home, the environment or the command line has a value that it cannot have",
    next: "Correct the setting that is named; docs/operating.md lists them all.",
  },
  "bad-signature": {
    kind: "auth",
    means: "a signature is not that of whom it should be",
    next: "Sign it with the key of the account that owns the package.",
  },
  "bad-user-name": {
    kind: "input",
    means: "the text cannot be the name of a user",
    next: "Use 1 to 64 letters (a to z), digits and . _ @ + -, the first of them a letter or digit.",
  },
  "bad-wallet": {
    kind: "input",
    means: "a wallet lacks a part that its kind has, or has one too many",
    next: "What each kind of wallet is made of stands in docs/accounts.md.",
  },
  "body-too-large": {
    kind: "input",
    means: "the request's body is longer than the call takes",
    next: "Send at most as many bytes as are named.",
  },
  busy: { kind: "unavailable", means: "the process has too much to do at the moment", next: "Try again in a moment." },
  "capability-needed": {
    kind: "auth",
    means: "the call needs the owner's signed permission",
    next: "Send it in the header cairn-capability, as base64 of its JSON.",
  },
  "chain-behind": {
    kind: "unavailable",
    means: "the catalog or the chain's node is still behind",
    next: "Wait a little and try again.",
  },
  "chain-unreachable": {
    kind: "unavailable",
    means: "the chain does not answer",
    next: "Start the chain, or name another with --chain or CAIRN_CHAIN_URL; what was submitted is kept and sent when it answers.",
  },
  declined: {
    kind: "conflict",
    means: "the question was answered with no, so nothing was changed; what a put had uploaded is dropped",
    next: "Answer y, or add --yes to be asked nothing.",
  },
  "destination-not-empty": {
    kind: ["input", "conflict"],
    means: "the destination exists and is not an empty folder",
    next: "Choose a path that does not exist, or an empty folder.",
  },
  "gateway-busy": {
    kind: "unavailable",
    means: "too many providers connect to the gateway at once, or its own line is full",
    next: "Nothing: it is tried again. A gateway whose line is full needs a quicker one, or fewer packages at once.",
  },
  "home-corrupt": {
    kind: "corrupt",
    means: "a file of the home cannot be read as what it should be",
    next: "Put the file back from a backup (`cairn restore`).",
  },
  "insufficient-funds": {
    kind: "exhausted",
    means: "an address has too few coins",
    next: "Send coins to the address that `cairn wallet` shows, or ask for less.",
  },
  internal: {
    kind: "internal",
    means: "something failed that Cairn has no words for",
    next: "Report it with the message and the process's log.",
  },
  "no-space": {
    kind: "exhausted",
    means: "the disk is full",
    next: "Free some space, or choose another destination, then try again.",
  },
  "no-wallet": {
    kind: "conflict",
    means: "the account has no wallet yet",
    next: "PUT /api/v1/account with the owner's address first.",
  },
  "nothing-to-store": {
    kind: "input",
    means: "nothing came from standard input or the command whose output was to be stored, or the folder has no files",
    next: "Mend what should have written to it or the rules, mount what should be there, or store it empty with --allow-empty.",
  },
  "path-not-allowed": {
    kind: "input",
    means: "the path is not at or below a folder of the gateway's machine that its operator lets users store from",
    next: "`GET /api/v1/vault-paths` names the folders; the operator of the gateway adds one with `cairn up --vault-path`.",
  },
  "path-not-found": {
    kind: "missing",
    means: "the package has no such file or folder",
    next: "`cairn show NAME --files` lists what is in it.",
  },
  "provider-timeout": {
    kind: "unavailable",
    means: "the provider did not answer in time",
    next: "Nothing: other shards are used. Ask again later, or start a check of the package.",
  },
  "provider-unreachable": {
    kind: "unavailable",
    means: "the provider cannot be reached",
    next: "Try again when the provider is back; its shards are rebuilt elsewhere if it stays away.",
  },
  reverted: {
    kind: "conflict",
    means: "a contract refused a transaction",
    next: "See the table of what the contracts refuse with, and `cairn wallet` for what is there.",
  },
  stopping: {
    kind: ["conflict", "unavailable"],
    means: "the process is about to end",
    next: "Try again when it runs again.",
  },
  "scope-missing": {
    kind: "auth",
    means: "the token or session may not do this",
    next: "Use a token with the scope that is named: `cairn token create --scope NAME`.",
  },
  "too-few-providers": {
    kind: ["unavailable", "input"],
    means: "there are fewer providers than a piece needs",
    next: "Start more providers, wait until one that is away is back, or choose a smaller n.",
  },
  "unknown-deal": {
    kind: "missing",
    means: "the chain or the provider has no such deal",
    next: "Ask the provider that the chain names for the deal; a deal that has ended is dropped.",
  },
  "unknown-package": { kind: "missing", means: "there is no such package", next: "`cairn ls` lists your packages." },
  "unknown-invite": {
    kind: "missing",
    means: "the account has no such open invite",
    next: "`cairn user invite --list` shows those that are open.",
  },
  "unknown-provider": {
    kind: ["auth", "missing"],
    means: "no such provider is registered on chain",
    next: "Name one that `cairn providers` lists; a provider that connects registers first.",
  },
  "unknown-shard": {
    kind: "missing",
    means: "the package has no such piece or shard",
    next: "Name a piece and a shard that `cairn show` lists.",
  },
  "unknown-token": {
    kind: "missing",
    means: "the account has no such token",
    next: "`cairn token list` shows the ids of yours.",
  },
  "unknown-user": {
    kind: "missing",
    means: "there is no such user, or it is not of this account",
    next: "`cairn user list` shows the users.",
  },
  "unknown-wallet": {
    kind: "missing",
    means: "the account has no such wallet",
    next: "`cairn wallet list` shows them.",
  },
  "unknown-webhook": {
    kind: "missing",
    means: "the account has no such webhook",
    next: "`cairn notify webhook list` shows them.",
  },
  "unreadable-path": {
    kind: "input",
    means: "a file or folder cannot be read",
    next: "Check the path, who owns it, and that this user may read it.",
  },
  "upload-lost": {
    kind: "unavailable",
    means: "the gateway lost what it had of an upload",
    next: "Run the command again: nothing was stored and nothing was paid.",
  },
  "used-nonce": {
    kind: "auth",
    means: "a signed message was sent a second time",
    next: "Sign a new one with a fresh nonce.",
  },
  "worker-ended": {
    kind: "internal",
    means: "a worker thread ended without an answer",
    next: "Try again; if it happens twice, report it with the process's log.",
  },
  "wrong-audience": {
    kind: "auth",
    means: "a signed message is meant for another gateway",
    next: "Sign one for the executor in /api/v1/network.",
  },
  "wrong-bytes": {
    kind: "corrupt",
    means: "providers gave bytes that do not match the commitment",
    next: "Run `cairn check NAME --full`, which says whose they are and has them rebuilt.",
  },
  "unwritable-path": { kind: "input", means: "the destination cannot be written", next: "Choose another destination." },
  "wrong-chain": {
    kind: "conflict",
    means: "the chain at this URL is not the one that is recorded here",
    next: "Name the right chain with --chain or CAIRN_CHAIN_URL, or start another home.",
  },
  "wrong-key": {
    kind: "auth",
    means: "a key is not the one that was signed or encrypted with",
    next: "Use the account with which the package was put: `cairn key import FILE`.",
  },
  "wrong-passphrase": {
    kind: "auth",
    means: "the passphrase does not open the file or key",
    next: "Try again with the passphrase that it was made with.",
  },
  "wrong-state": {
    kind: "conflict",
    means: "the package is in a state in which this cannot be done",
    next: "Look at it with `cairn show`.",
  },
} as const satisfies Record<string, ErrorEntry>;
