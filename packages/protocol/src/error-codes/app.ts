import type { ErrorEntry } from "./entry.ts";

/** What the command line, the gateway's own routes and the supervisor raise (apps/node, packages/gateway). */
export const APP_ERRORS = {
  "phrase-exists": {
    kind: "conflict",
    means: "the account has a recovery phrase already",
    next: "Use it, or make another in its place with `cairn phrase create --replace`.",
  },
  "account-exists": {
    kind: "conflict",
    means: "the home already has another account",
    next: "Import into another home (--home). While the network runs, an account that has stored and paid nothing is replaced.",
  },
  "key-exists": {
    kind: "conflict",
    means: "another tab of the browser has made, brought or removed the account's key meanwhile",
    next: "Go on with the key that is there now. To use another, remove that one first.",
  },
  "account-unknown": {
    kind: "missing",
    means: "the gateway has no such account",
    next: "Use the API token of an account that this gateway knows.",
  },
  "bad-backup": {
    kind: "corrupt",
    means: "the file is not a backup of a home, or is damaged",
    next: "Give a file that `cairn backup` wrote.",
  },
  "bad-options": {
    kind: "input",
    means: "two options of the command contradict each other",
    next: "Leave one of them out.",
  },
  "bad-rate": { kind: "input", means: "the text is not a rate", next: "Give bytes a second, such as 500kB or 2MiB." },
  "bad-rate-source": {
    kind: "input",
    means: "prices cannot be asked for in that way",
    next: "Give an https URL, or an http one of the gateway's own machine, and a path such as prices.{currency}.0.",
  },
  "bad-usage": {
    kind: "input",
    means: "the command line cannot be understood",
    next: "Ask the command for its own help with --help.",
  },
  "bad-value": {
    kind: "input",
    means: "an option or argument of the command has a value that it cannot have",
    next: "Ask the command for its own help with --help.",
  },
  "certificate-refused": {
    kind: "auth",
    means: "the gateway's TLS certificate does not hold, for the reason in its details; nothing was sent to it",
    next: "Name the certificate of the authority that signed it with `cairn login URL --ca FILE`, or ask whoever runs the gateway.",
  },
  "certificate-differs": {
    kind: "corrupt",
    means: "a certificate holds by itself, and the chain says otherwise",
    next: "Believe the chain, if it is the one that the package is on; else name that one with --rpc.",
  },
  "child-not-ready": {
    kind: "unavailable",
    means: "a process of the network did not start",
    next: "Read the log file that is named.",
  },
  "command-failed": {
    kind: "input",
    means: "the command whose output was to be stored did not succeed; nothing was stored",
    next: "Mend the command and run it again.",
  },
  "command-unsettled": {
    kind: "internal",
    means: "the command waited for something that could not happen any more; a defect",
  },
  "csrf-missing": {
    kind: "auth",
    means: "a request with a session's cookie did not show that one of the gateway's own pages sent it",
    next: "Send the session's csrf token in the header cairn-csrf; programs use tokens instead of sessions.",
  },
  "blobs-differ": {
    kind: "conflict",
    means: "the bucket in CAIRN_BLOBS is not the one that the gateway's database was used with",
    next: "Set CAIRN_BLOBS as before, or to a prefix that no other gateway uses.",
  },
  "blobs-setting-missing": {
    kind: "input",
    means: "the home's manifests and leaf files are in S3, and CAIRN_BLOBS does not name the bucket",
    next: "Set CAIRN_BLOBS as before, or choose another home with --home.",
  },
  "database-differs": {
    kind: "conflict",
    means: "the database in DATABASE_URL is not the one that the home was used with",
    next: "Set DATABASE_URL to the database that this home was used with, or restore its dump into this one; for another network choose another home with --home.",
  },
  "database-url-missing": {
    kind: "input",
    means: "the home's database is on another server, and DATABASE_URL does not name it",
    next: "Set DATABASE_URL as before, or choose another home with --home.",
  },
  "demo-differs": {
    kind: "corrupt",
    means: "the demonstration's folder came back different",
    next: "Run `cairn demo` again, and report what it prints.",
  },
  "demo-not-noticed": {
    kind: "unavailable",
    means: "the demonstration's damage was not noticed in time",
    next: "Run it again when the machine has less to do; it needs two free cores.",
  },
  "demo-not-repaired": {
    kind: "unavailable",
    means: "the demonstration's network did not repair itself in time",
    next: "Run it again when the machine has less to do; it needs two free cores.",
  },
  "demo-not-started": {
    kind: "unavailable",
    means: "the demonstration's network did not start, or lacks a process",
    next: "Run `cairn doctor`, then try again.",
  },
  "downstream-running": {
    kind: "conflict",
    means: "the verification node runs, and the command needs its database alone",
    next: "Stop it, then run this command again.",
  },
  "empty-argument": {
    kind: "input",
    means: "an argument of the command is empty",
    next: "Give it a value, or leave it out where it may be.",
  },
  "empty-passphrase": {
    kind: "input",
    means: "the passphrase file is empty",
    next: "Write the passphrase into the first line of the file.",
  },
  "file-exists": {
    kind: "conflict",
    means: "the file to be written exists already",
    next: "Name a file that does not exist.",
  },
  "home-in-use": {
    kind: "conflict",
    means: "another process uses the home",
    next: "End it with `cairn stop`, or choose another home with --home.",
  },
  "home-token-needed": {
    kind: "auth",
    means: "only the token in the home's file makes links that open the console",
    next: "Run `cairn open` on the gateway's machine, with its home; elsewhere log in with name and password.",
  },
  "home-too-new": {
    kind: "conflict",
    means: "the home was written by a newer version",
    next: "Update Cairn, or use another home.",
  },
  "home-too-old": {
    kind: "conflict",
    means: "the home was written before the first release",
    next: "Get your packages back with the version that made it, then put them into a new home.",
  },
  "home-unreadable": {
    kind: ["unavailable", "auth"],
    means: "a file of the home cannot be read by this user",
    next: "Check who owns the home directory.",
  },
  "home-unusable": {
    kind: "input",
    means: "the home's directory cannot be made or written",
    next: "Check who owns the directory and that the disk has space, or choose another home with --home.",
  },
  "missing-argument": {
    kind: "input",
    means: "the command lacks an argument",
    next: "Ask the command for its own help with --help.",
  },
  "missing-command": {
    kind: "input",
    means: "the command needs a further command",
    next: "Ask the command for its own help with --help.",
  },
  "insecure-url": {
    kind: "input",
    means: "a login would send password and token unencrypted to another machine",
    next: "Use https or a tunnel; --insecure does it all the same.",
  },
  "logged-in": {
    kind: "conflict",
    means: "the home uses another gateway already, or has a network of its own",
    next: "Log out with `cairn logout`, or name another home with --home.",
  },
  "missing-value": {
    kind: "input",
    means: "an option of the command lacks its value",
    next: "Ask the command for its own help with --help.",
  },
  "name-missing": {
    kind: "input",
    means: "what standard input or a command writes has no name of its own",
    next: "Name it with --name NAME.",
  },
  "no-account": {
    kind: "missing",
    means: "the home has no account yet",
    next: "Store something with `cairn put`, or bring an account with `cairn key import FILE`.",
  },
  "no-faucet": {
    kind: "conflict",
    means: "this network gives no coins away",
    next: "Send coins to the owner's address and deposit them: see docs/operating.md.",
  },
  "no-home": { kind: "missing", means: "the directory is not the home of a network", next: "Name one with --home." },
  "no-such-route": {
    kind: "missing",
    means: "the HTTP API has no such route",
    next: "GET /openapi.json lists every route.",
  },
  "no-token": {
    kind: "auth",
    means: "the call lacks an API token",
    next: "Send `Authorization: Bearer TOKEN`; the local token is in the home's `token` file.",
  },
  "not-allowed": {
    kind: "auth",
    means: "the process belongs to another user and cannot be ended",
    next: "Run as the user who started the network.",
  },
  "network-starting": {
    kind: "unavailable",
    means: "the network in the home is starting, or ending: it does not answer now",
    next: "Wait until `cairn up` says `ready`, or see the home's logs.",
  },
  "no-chain-node": {
    kind: "input",
    means: "coins are moved on the chain, and the home knows no node of it",
    next: "Log in again with `cairn login URL --chain URL`.",
  },
  "not-logged-in": {
    kind: "missing",
    means: "the home uses no gateway elsewhere",
    next: "Name the home with --home, or log in with `cairn login URL`.",
  },
  "not-running": {
    kind: "unavailable",
    means: "no network or verification node runs in the home",
    next: "Start one with `cairn up`, or name its home with --home or CAIRN_HOME.",
  },
  "not-stopped": {
    kind: "unavailable",
    means: "the process did not end in time",
    next: "See the logs, or end it by force; its processes end with it.",
  },
  "not-this-machine": {
    kind: "auth",
    means: "a link that opens the console was used from another machine, or through a proxy",
    next: "Log in with name and password: the operator adds you with `cairn user invite`.",
  },
  "nothing-to-offer": {
    kind: "conflict",
    means: "no shard of the package is held under an active deal",
    next: "See `cairn show` for the package's state.",
  },
  "own-home": {
    kind: "input",
    means: "what was to be stored is the home of the running network",
    next: "Copy what it cannot lose with `cairn backup FILE`.",
  },
  "folder-too-large": {
    kind: "input",
    means: "a folder of the gateway's machine has more files and folders in it than one of its readers can hold",
    next: "Store its folders one by one.",
  },
  "path-stalled": {
    kind: "conflict",
    means:
      "the gateway waited for its own machine to give a folder or file, and nothing came: a mounted drive or a network path is stuck",
    next: "See on the gateway's machine that it is mounted and answers (`ls` of it there), then store it again. Nothing was stored or paid.",
  },
  "profile-differs": {
    kind: "conflict",
    means: "the home has another profile, which cannot change",
    next: "Leave --profile out, or start another home.",
  },
  "rate-source-failed": {
    kind: "unavailable",
    means: "a source of prices did not answer with a price",
    next: "It is asked again by itself; `cairn fiat source` shows why it failed.",
  },
  "registration-refused": {
    kind: "conflict",
    means: "the registry refused to register the provider",
    next: "Sign with the provider's next nonce on chain and a deadline that lies ahead, within a day.",
  },
  "registrations-used-up": {
    kind: "unavailable",
    means: "the gateway has paid for as many registrations as it does in a day",
    next: "Try again tomorrow, or register through another gateway.",
  },
  "session-needed": {
    kind: "auth",
    means: "the call is for a user that is logged in, not for a token",
    next: "Log in: POST /api/v1/login.",
  },
  "session-over": {
    kind: "auth",
    means: "the session has expired, was idle for too long, or was ended",
    next: "Log in again: POST /api/v1/login.",
  },
  "settings-changed": {
    kind: "conflict",
    means: "the settings were changed since they were read",
    next: "Read them again, make your change to what they are now, and save that.",
  },
  "stale-claim": {
    kind: "auth",
    means: "the time of a claim to a wallet is too far from the gateway's",
    next: "Set this machine's clock, and sign a new one.",
  },
  "tls-needed": {
    kind: "input",
    means: "the gateway takes plain http from its own machine and its proxies alone",
    next: "Use https:// instead of http://.",
  },
  "too-many-arguments": {
    kind: "input",
    means: "the command has more arguments than it takes",
    next: "Ask the command for its own help with --help.",
  },
  "too-many-deals": {
    kind: "input",
    means: "more deals fit than one export may hold",
    next: "Export them in parts, such as by `proposedFrom` and `proposedBefore`.",
  },
  "too-many-rate-sources": {
    kind: "conflict",
    means: "the gateway has as many sources of prices as it may",
    next: "Remove one with `cairn fiat source NAME --remove`.",
  },
  unanswered: {
    kind: "conflict",
    means: "the question was answered with neither yes nor no, or the terminal was closed; nothing was changed",
    next: "Answer y, or add --yes to be asked nothing.",
  },
  "unit-exists": {
    kind: "conflict",
    means: "a process of this name runs already",
    next: "Choose another name, or end the one that runs first.",
  },
  "unknown-command": {
    kind: "input",
    means: "there is no such command",
    next: "Ask for the list of commands with `cairn --help`.",
  },
  "unknown-option": {
    kind: "input",
    means: "the command has no such option",
    next: "Ask the command for its own help with --help.",
  },
  "unknown-rate-source": {
    kind: "missing",
    means: "there is no source of prices of that name",
    next: "`cairn fiat source` lists them.",
  },
  "work-needed": {
    kind: "unavailable",
    means: "the gateway asks for work before it pays for one more registration",
    next: "Send the header cairn-work: 16 hex digits that bring SHA-256(signature ‖ work) as many leading zero bits as it asks for.",
  },
  "wrong-token": {
    kind: "auth",
    means: "the API token is not known to the gateway, or a claim was signed for another one",
    next: "Use the token in this home's `token` file, and check that --home names the running network.",
  },
  "wrong-wallet-kind": {
    kind: "conflict",
    means: "the wallet is of a kind that the call is not for",
    next: "`cairn wallet list` shows each wallet's kind.",
  },
} as const satisfies Record<string, ErrorEntry>;
