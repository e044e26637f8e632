import type { ErrorEntry } from "./entry.ts";

/** What the chain, its ledger and the contracts' tools raise (packages/chain and contracts). */
export const CHAIN_ERRORS = {
  "bad-keystore": {
    kind: "input",
    means: "the file is not a keystore that can be opened",
    next: "Use a version 3 keystore (scrypt or pbkdf2, aes-128-ctr).",
  },
  "chain-block-malformed": {
    kind: "corrupt",
    means: "the bytes are not a block of this chain",
    next: "Take blocks from an honest validator of this chain.",
  },
  "chain-block-missing": {
    kind: "internal",
    means: "a block that the chain has made is not stored",
    next: "Restore the chain's database from a backup.",
  },
  "chain-block-rejected": {
    kind: "corrupt",
    means: "a block breaks the rules of the chain",
    next: "Take blocks from an honest validator.",
  },
  "chain-block-unknown": {
    kind: "missing",
    means: "the chain has no such block",
    next: "Ask for a block that the chain has.",
  },
  "chain-call-failed": {
    kind: "input",
    means: "a simulated call failed",
    next: "Correct the call's parameters, its sender or its gas.",
  },
  "chain-config-invalid": {
    kind: "input",
    means: "a field of the chain's configuration has a value that it cannot have",
    next: "Correct the field that is named and start the chain again.",
  },
  "chain-config-missing": {
    kind: "input",
    means: "the chain was started without a configuration",
    next: "Give the path of a JSON file as the argument, or in CAIRN_CHAIN_CONFIG.",
  },
  "chain-config-unreadable": {
    kind: "input",
    means: "the chain's configuration cannot be read",
    next: "Give the path of a readable JSON file.",
  },
  "chain-database-in-use": {
    kind: "conflict",
    means: "another chain process uses the database",
    next: "Stop the other chain process, or give this one a database of its own.",
  },
  "chain-database-unavailable": {
    kind: "unavailable",
    means: "the chain's database cannot be used",
    next: "Check that PostgreSQL runs and that the chain's role may connect to its database.",
  },
  "chain-database-version": {
    kind: "conflict",
    means: "the chain's database was written by another version",
    next: "Run the version of Cairn that wrote this database.",
  },
  "chain-insufficient-funds": {
    kind: "input",
    means: "the account cannot pay for the transaction",
    next: "Fund the account.",
  },
  "chain-invalid-params": {
    kind: "input",
    means: "the parameters of a JSON-RPC request are wrong",
    next: "Correct the parameters of the request.",
  },
  "chain-limit": {
    kind: "exhausted",
    means: "a JSON-RPC request asks for more than one may",
    next: "Ask for less at once, or again later.",
  },
  "chain-listen-failed": {
    kind: "input",
    means: "the chain cannot listen on its address",
    next: "Give a loopback address and a free port.",
  },
  "chain-method-unknown": {
    kind: "input",
    means: "the chain has no such JSON-RPC method",
    next: "Use a method of the Ethereum execution API.",
  },
  "chain-no-faucet": {
    kind: "missing",
    means: "this chain gives no coins away",
    next: "Ask the validator, or someone who has coins, to send you some.",
  },
  "chain-port-taken": {
    kind: "conflict",
    means: "another process listens on the chain's port",
    next: "Stop what listens there, or choose another port.",
  },
  "chain-pruned": {
    kind: "missing",
    means: "the state of an old block was deleted",
    next: "Ask for a newer block, or ask a chain that runs as an archive (CAIRN_ARCHIVE=1).",
  },
  "chain-reverted": {
    kind: "input",
    means: "a contract refused a simulated call",
    next: "See the table of what the contracts refuse with.",
  },
  "chain-rules-differ": {
    kind: "conflict",
    means: "the database holds a chain with other rules",
    next: "Start it with the configuration it was made with, or give the new chain an empty database.",
  },
  "chain-transaction-invalid": {
    kind: "input",
    means: "a block holds a transaction that cannot stand in it",
    next: "Send a transaction with the account's next nonce that the account can pay for.",
  },
  "chain-transaction-rejected": {
    kind: "input",
    means: "the chain's pool does not take the transaction",
    next: "Correct what is named, and send it again.",
  },
  "chain-underpriced-call": {
    kind: "input",
    means: "a call offers less for gas than the block's base fee",
    next: "Offer at least the base fee, or leave the price out.",
  },
  "contracts-do-not-compile": {
    kind: "internal",
    means: "the contracts' sources do not compile",
    next: "Correct packages/contracts/src/*.sol.",
  },
  "deployment-differs": {
    kind: "conflict",
    means: "the contracts that this key deployed differ from the profile",
    next: "Use the profile that they were deployed with, or deploy with another key.",
  },
  "file-too-large": {
    kind: "input",
    means: "a key file is larger than one can be",
    next: "Name the key file itself; it has one line.",
  },
  "no-block": {
    kind: "missing",
    means: "the chain has no such block",
    next: "Use another block: this one is not made yet, or its round was empty.",
  },
  "no-transaction": {
    kind: "missing",
    means: "the chain has no such transaction in a block",
    next: "Look again in a few seconds if it was just sent; those in blocks that the chain has deleted are gone.",
  },
  "unknown-hash": {
    kind: "missing",
    means: "the chain has no block and no transaction of this hash",
    next: "Look again in a few seconds if it was just sent; deals and packages have ids that are no hashes of transactions.",
  },
  "no-contract": {
    kind: "missing",
    means: "none of Cairn's contracts is at the address",
    next: "Check that the chain's URL and the addresses of the deployment belong together.",
  },
  "no-finality": {
    kind: "unavailable",
    means: "the chain's node does not say which blocks are final",
    next: "Use a node that knows the tag `finalized`, or set CAIRN_CHAIN_FINALITY to how many blocks below the head count as final.",
  },
  "no-foundry": {
    kind: "unavailable",
    means: "the Foundry program is not installed",
    next: "Run `npm install` on a platform for which Foundry is published.",
  },
  "no-key": {
    kind: "conflict",
    means: "the ledger was opened to read, without a key",
    next: "Open it with a key that has coins for gas.",
  },
  "outgoing-damaged": {
    kind: "corrupt",
    means: "the file of a sent transaction is damaged",
    next: "Move the file away; whether its transaction was mined must then be looked up by hand.",
  },
  "simulation-failed": {
    kind: "unavailable",
    means: "the chain cannot estimate a call",
    next: "Check that the chain's node is up and in step, then try again.",
  },
  "transaction-refused": {
    kind: "unavailable",
    means: "the chain refused a transaction",
    next: "Correct what it names; nothing was sent.",
  },
  "transaction-unknown": {
    kind: "conflict",
    means: "whether a transaction was mined can no longer be found out",
    next: "Look its hashes up in an archive of the chain; use no key in two programs.",
  },
} as const satisfies Record<string, ErrorEntry>;
