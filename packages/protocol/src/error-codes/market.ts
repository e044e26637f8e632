import type { ErrorEntry } from "./entry.ts";

/** What packages and deals raise at the gateway (packages/market, audit, catalog and blobs). */
export const MARKET_ERRORS = {
  "bad-cid": {
    kind: "input",
    means: "the text is not a CID",
    next: "Give a CID as `cairn show` or ipfs prints it, such as bafy… or Qm….",
  },
  "bad-cursor": {
    kind: "input",
    means: "the text does not say where a page of a list begins",
    next: "Pass on `next` of the page before, with the same sort.",
  },
  "bad-mandate": {
    kind: "input",
    means: "what the owner signed is not what was quoted",
    next: "Ask for a quote and sign its fields.",
  },
  "bad-piece": {
    kind: "input",
    means: "the number of a piece is out of range",
    next: "Number pieces from 0 without gaps.",
  },
  "bad-quote": {
    kind: "corrupt",
    means: "a provider's quote differs from what was asked",
    next: "Nothing: another provider is asked. If it happens often, update the provider.",
  },
  "bad-root": {
    kind: "input",
    means: "the CID cannot be the root of a package",
    next: "Give a CIDv1 with sha2-256 of a dag-pb, raw or dag-cbor block.",
  },
  "bad-termination": {
    kind: "input",
    means: "what was signed ends another package, or its term is over",
    next: "Sign the document hash of this package with a later expiry.",
  },
  "blob-damaged": {
    kind: "corrupt",
    means: "an object in the S3 store is not what was put there",
    next: "Bring the object back from an earlier version or a copy of the bucket, or get the package through another gateway.",
  },
  "blob-key": {
    kind: "input",
    means: "the text cannot be the key of an object",
    next: "Use segments of letters, digits, dot, underscore and hyphen, joined by slashes.",
  },
  "blob-missing": {
    kind: "missing",
    means: "the gateway's store has no such object",
    next: "Restore the home from a backup, or get the package through another gateway.",
  },
  "blob-range": {
    kind: "input",
    means: "the bytes asked for are not all in the object",
    next: "Ask for a range within the object.",
  },
  "blobs-answer": {
    kind: "corrupt",
    means: "the S3 store's answer is not understood",
    next: "Check that CAIRN_S3_ENDPOINT is an S3 store and nothing between changes what it says; `cairn doctor` tries it.",
  },
  "blobs-denied": {
    kind: "unavailable",
    means: "the S3 store does not let the gateway do what it must",
    next: "Check the keys, and let them get, put, list and delete objects of the bucket, and list and abort its multipart uploads.",
  },
  "blobs-no-bucket": {
    kind: "unavailable",
    means: "the S3 store does not have the bucket, or not in that region",
    next: "Check the bucket's name in CAIRN_BLOBS, CAIRN_S3_REGION and CAIRN_S3_ENDPOINT; Cairn makes no buckets.",
  },
  "blobs-unreachable": {
    kind: "unavailable",
    means: "the S3 store does not answer, or fails however often it is asked",
    next: "Check that the S3 store runs and that CAIRN_S3_ENDPOINT is its address, then try again.",
  },
  "block-unknown": {
    kind: "missing",
    means: "the package has no block with this CID",
    next: "Check the CID against the package's manifest.",
  },
  "certificate-too-large": {
    kind: "exhausted",
    means: "a custody certificate of so many deals would be larger than anybody reads",
    next: "Ask for a certificate of some of the pieces only.",
  },
  "corrupt-spool": {
    kind: "corrupt",
    means: "a piece is damaged on the gateway's own disk",
    next: "Send the piece again, or wait until the package is stored and read it from its providers.",
  },
  "deal-unknown": {
    kind: "missing",
    means: "no shard waits under the deal",
    next: "Nothing: the shard was handed over already, or its package was given up.",
  },
  "held-elsewhere": {
    kind: "conflict",
    means: "the upload of the package lies in the spool of another gateway",
    next: "Send it to that gateway; `cairn status` names it.",
  },
  "index-broken": { kind: "internal", means: "the index of a piece's blocks has a gap" },
  "document-at-fault": {
    kind: "corrupt",
    means: "the owner's signed commitments of a package contradict each other",
    next: "Put the folder again: no provider is at fault.",
  },
  "lease-lost": {
    kind: "unavailable",
    means: "another gateway of the same database may have taken over what this one was doing",
    next: "Nothing: whichever gateway has it goes on.",
  },
  "manifest-missing": {
    kind: ["missing", "conflict"],
    means: "the package's manifest has not been sent",
    next: "Send the manifest, then complete the upload.",
  },
  "manifest-too-large": {
    kind: "input",
    means: "the manifest is too long for one package",
    next: "Store the folder as several packages.",
  },
  "manifest-unavailable": {
    kind: "unavailable",
    means: "no provider gave the package's manifest",
    next: "Try again when a provider of the package is connected.",
  },
  "name-changed": {
    kind: "conflict",
    means: "a package that was to give its name to another was renamed meanwhile",
    next: "Look at both with `cairn ls`: it keeps the name that it was given meanwhile.",
  },
  "name-taken": {
    kind: "conflict",
    means: "a package with this name is there already",
    next: "Choose another name (--name), or take its place with `cairn put --replace`.",
  },
  "no-capability": {
    kind: "conflict",
    means: "the owner has not let this gateway read the shards",
    next: "Read or repair it from the gateway that stored it.",
  },
  "job-exists": {
    kind: "conflict",
    means: "the id of a job is taken",
    next: "Draw another random id.",
  },
  "job-worn": {
    kind: "conflict",
    means: "a job was begun again and again, and each time the gateway ended with it",
    next: "Look at the gateway's log for what ends it, then begin the job anew.",
  },
  "no-mandate": {
    kind: "conflict",
    means: "the package was recovered without a mandate, so this gateway may not propose deals for it",
    next: "Put the folder again from here, or repair it from the gateway that stored it.",
  },
  "no-repair-key": {
    kind: "conflict",
    means: "the gateway does not know the package's repair key",
    next: "Run `cairn recover` with the account's keys: it sets the key that stands in the manifest.",
  },
  "not-received": {
    kind: "conflict",
    means: "a deal is to be activated whose receipt is not on the chain",
    next: "Send the receipt first, and activate while the deal is PROPOSED.",
  },
  "nothing-to-certify": {
    kind: "conflict",
    means: "no provider has received a shard of the package yet, so that there is nothing to certify",
    next: "Wait until it is stored, as `cairn show` says, or ask the gateway that stored it.",
  },
  "nothing-to-check": {
    kind: "conflict",
    means: "no provider holds a shard of the package under an active deal yet",
    next: "See `cairn show` for the package's state.",
  },
  "nothing-to-recover": {
    kind: "missing",
    means: "no live deal on the chain is for the manifest",
    next: "Ask which packages can be recovered, and sign for those.",
  },
  "other-verifiers": {
    kind: "conflict",
    means: "the deal names other verifiers",
    next: "Ask the gateway whose verifier set the deal's quote names.",
  },
  "package-exists": {
    kind: "conflict",
    means: "a package with this id is there already",
    next: "Draw another random id.",
  },
  "package-id-taken": {
    kind: "conflict",
    means: "another package has this id at this gateway",
    next: "Recover the package at another gateway.",
  },
  "piece-incomplete": {
    kind: "conflict",
    means: "bytes of a piece are missing",
    next: "Ask what is held, send the rest, then complete the upload again.",
  },
  "piece-too-large": {
    kind: "input",
    means: "a piece is longer than pieces may be here",
    next: "Begin the next piece earlier.",
  },
  "quotes-lapsed": {
    kind: "conflict",
    means: "the quotes ran out before they were signed",
    next: "Ask for a new quote and sign that.",
  },
  "read-over": { kind: "internal", means: "a read was given up because other sources were faster" },
  removed: {
    kind: "conflict",
    means: "the package is being removed",
    next: "Nothing: it was asked for. Put the folder again to store it anew.",
  },
  "root-missing": {
    kind: "input",
    means: "the root is in none of the pieces",
    next: "Complete the upload with the root of the DAG that was sent.",
  },
  "shard-away": {
    kind: "unavailable",
    means: "nobody holds the shard at the moment",
    next: "It is being rebuilt, unless the package has ended; ask again in a while.",
  },
  "source-gone": {
    kind: "unavailable",
    means: "the bytes that a provider was to pull are no longer here",
    next: "Ask again in a while: they are being rebuilt.",
  },
  "tallies-missing": {
    kind: "internal",
    means: "the counts of a final period's leaves are not in the database",
    next: "Restore the database as it was, or take the counts from the period's leaf file.",
  },
  "too-dear": {
    kind: "exhausted",
    means: "the provider asks more than the owner agreed to",
    next: "Wait for a cheaper provider, or put the folder again.",
  },
  "too-few-shards": {
    kind: "unavailable",
    means: "fewer shards of a piece can be read than restore it",
    next: "Bring the providers that hold the others back, then try again.",
  },
  "too-many-cids": {
    kind: "input",
    means: "more blocks are asked for than one call may",
    next: "Ask for fewer in one call.",
  },
  "too-many-jobs": {
    kind: "unavailable",
    means: "the account has begun as many jobs as it may have",
    next: "Wait until some have ended, or cancel some.",
  },
  "too-many-schedules": {
    kind: "exhausted",
    means: "the account has as many schedules of checks as one may have",
    next: "Remove one, or let one schedule check all packages.",
  },
  "too-many-shards": {
    kind: "input",
    means: "the package would have more shards than one may",
    next: "Store the folder as several packages, or with fewer shards.",
  },
  "too-often": {
    kind: "input",
    means: "a scheduled check would come more often than the gateway allows",
    next: "Have it come less often: all that providers hold is read each time.",
  },
  "undecided-period": {
    kind: "conflict",
    means: "a period cannot be judged before the one that went ahead of it",
    next: "Judge the earlier period first, or wait until its votes are final or its vote window is over.",
  },
  "unknown-check": {
    kind: "missing",
    means: "there is no check with this id",
    next: "Start a check with `cairn check`: results are kept for 30 days.",
  },
  "unknown-leaf-file": {
    kind: "missing",
    means: "no leaf file with this hash is kept here",
    next: "Take leafFileHash from ProofLedger.finalizedRoot, and ask a gateway whose verifiers voted it.",
  },
  "unknown-schedule": {
    kind: "missing",
    means: "the account has no such schedule of checks",
    next: "`cairn check --schedules` lists them.",
  },
  "upload-busy": {
    kind: "conflict",
    means: "another upload of the piece is under way",
    next: "Wait until it has ended, then ask how much is held and go on from there.",
  },
  "wrong-hash": {
    kind: "corrupt",
    means: "a document or manifest has another hash than it should",
    next: "Send it again, or fetch it from another provider.",
  },
  "wrong-offset": {
    kind: "conflict",
    means: "the piece goes on at another byte than was sent",
    next: "Send it from the offset that is named.",
  },
  "wrong-proof": {
    kind: "corrupt",
    means: "a provider's proof does not verify",
    next: "Have the provider scrub its shard; if it is damaged, it is rebuilt elsewhere.",
  },
  "wrong-receipt": {
    kind: "corrupt",
    means: "a provider signed for something else than it was to store",
    next: "Nothing: another provider is asked. If it happens often, update the provider.",
  },
} as const satisfies Record<string, ErrorEntry>;
