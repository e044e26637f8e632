import type { ErrorEntry } from "./entry.ts";

/** What the doors raise (packages/doors). */
export const DOORS_ERRORS = {
  "bad-shard-source": { kind: "internal", means: "the URL that a provider was given to pull from names no shard" },
  "city-database-unreadable": {
    kind: "input",
    means: "the location database cannot be read",
    next: "Give the path of a City database in MaxMind's format (.mmdb, unpacked), or leave the setting out to use the country's centre.",
  },
  "city-database-unsuitable": {
    kind: "input",
    means: "the location database does not hold cities",
    next: "Give a City database, such as GeoLite2-City.mmdb.",
  },
  "downstream-bad-address": {
    kind: "input",
    means: "the text is not an SJCX address",
    next: "Give a Bitcoin main-net address that begins with 1.",
  },
  "downstream-bad-beats": {
    kind: "corrupt",
    means: "the file of the heartbeat's secrets is damaged",
    next: "Restore heartbeat.json from the home's backup; a new one ends all contracts.",
  },
  "downstream-bad-csv": {
    kind: "input",
    means: "a line of the CSV file is not in order; nothing was changed",
    next: "Correct that line and import the file again.",
  },
  "downstream-bad-nonce": {
    kind: "input",
    means: "a registration lacks a fresh nonce of this node",
    next: "Fetch a new nonce from this node, sign the text that comes with it, and register with that.",
  },
  "downstream-bad-pool": {
    kind: "input",
    means: "the sizes make no pool of chunks",
    next: "Give whole numbers with 1 ≤ min ≤ max, total ≥ 0 and base ≥ 2.",
  },
  "downstream-bad-shard": {
    kind: "input",
    means: "a shard was offered without its hash or number of copies",
    next: "Give the SHA-256 of the shard as 64 hex digits, and 1 copy or more.",
  },
  "downstream-chunk-size": {
    kind: "input",
    means: "there are no chunks of this size",
    next: "Give a whole number of bytes within the bounds.",
  },
  "downstream-empty-whitelist": {
    kind: "input",
    means: "the file of the whitelist holds no address",
    next: "Give a CSV file with a heading and one row for each address: address, balance.",
  },
  "downstream-foreign-beats": {
    kind: "conflict",
    means: "the contracts in the database were made under another heartbeat",
    next: "Restore heartbeat.json from the home's backup, or give this node a database of its own.",
  },
  "downstream-foreign-state": {
    kind: "corrupt",
    means: "a contract's state was not encrypted by this node",
    next: "Restore heartbeat.json from the home's backup: it holds the secrets that this database belongs to.",
  },
  "downstream-no-ip-address": { kind: "internal", means: "the text is not an IP address" },
  "downstream-no-token": { kind: "missing", means: "no farmer has this token", next: "Register for a new token." },
  "downstream-not-whitelisted": {
    kind: "input",
    means: "the address is not on the whitelist, or holds too little",
    next: "Ask the operator of this node to add the address.",
  },
  "downstream-refused": {
    kind: ["input", "auth", "missing", "unavailable", "internal"],
    means: "the door answers in the words of the original protocol",
    next: "Do what the text of the answer says.",
  },
  "downstream-shard-corrupt": {
    kind: "corrupt",
    means: "the bytes of a shard do not have its hash",
    next: "Repair the shard, then add it again.",
  },
  "downstream-shard-size": {
    kind: "input",
    means: "a shard of this size cannot be handed out",
    next: "Give shards within the bounds of a chunk.",
  },
  "downstream-too-many-tokens": {
    kind: "input",
    means: "the network has as many tokens as it may",
    next: "Use one of the tokens that this network has, or delete one.",
  },
  "downstream-unsettled": {
    kind: "unavailable",
    means: "the contracts of the answers kept changing while they were counted",
    next: "Send the answers again.",
  },
} as const satisfies Record<string, ErrorEntry>;
