import type { ErrorEntry } from "./entry.ts";

/** What packing, encrypting, erasure coding and restoring raise (packages/archive). */
export const ARCHIVE_ERRORS = {
  "destination-exists": {
    kind: "conflict",
    means: "what is to be written exists already",
    next: "Choose a path that does not exist, or a folder that the file shall go into.",
  },
  "bad-blocks": { kind: "internal", means: "the blocks to multiply have the wrong number or lengths" },
  "bad-car-root": {
    kind: "input",
    means: "the CAR does not hold one complete DAG with one root",
    next: "Export one complete DAG with one root, for instance with ipfs dag export.",
  },
  "bad-erasure-code": {
    kind: "input",
    means: "there is no erasure code with these k and n",
    next: "Choose k and n within 1 ≤ k ≤ n ≤ 255.",
  },
  "bad-mask-key": {
    kind: "input",
    means: "what a shard's mask is made from is incomplete",
    next: "Take package id, piece and shard from the package's document, and the repair key from the account.",
  },
  "bad-openpgp-signature": {
    kind: "corrupt",
    means: "a detached OpenPGP signature is not that of the key over the file",
    next: "Get the file and its signature anew, and the key from its owner.",
  },
  "bad-shards": {
    kind: "input",
    means: "the shards that were given cannot rebuild the one that is wanted",
    next: "Give exactly k distinct shards of the piece, by numbers below n.",
  },
  "corrupt-car": { kind: "corrupt", means: "the CAR is damaged", next: "Fetch or make the CAR again." },
  "corrupt-manifest": {
    kind: "corrupt",
    means: "the manifest is not valid, or its encrypted form is damaged",
    next: "Fetch the manifest again from another provider.",
  },
  "corrupt-message": {
    kind: "corrupt",
    means: "an encrypted file is damaged",
    next: "Fetch the data again from other providers; if it stays so, the stored copy is damaged.",
  },
  "file-changed": {
    kind: "conflict",
    means: "a file changed while it was read",
    next: "Stop what writes to it, or put a copy or snapshot of the folder instead.",
  },
  "file-without-size": {
    kind: "input",
    means: "a file has more bytes than the system says, and too many to keep in memory",
    next: "Copy it into a regular file and put that, or leave it out.",
  },
  "name-collision": {
    kind: "input",
    means: "two names in one directory have the same directory hash",
    next: "Rename one of them, or use the private layout.",
  },
  "name-not-utf8": {
    kind: "input",
    means: "a name is not UTF-8, which the public layout needs",
    next: "Rename it, or use the private layout, which keeps names byte for byte.",
  },
  "piece-limit": { kind: "input", means: "a block is larger than a piece may be", next: "Set a larger piece limit." },
  "singular-matrix": { kind: "internal", means: "the matrix of an erasure code has no inverse" },
  "unsupported-hash": {
    kind: "input",
    means: "blocks are identified by a hash that cannot be verified here",
    next: "Export the DAG with sha2-256.",
  },
  "unsupported-message": {
    kind: "input",
    means: "an OpenPGP message uses something that is not supported here",
    next: "Decrypt this message with gpg.",
  },
} as const satisfies Record<string, ErrorEntry>;
