import type { ErrorEntry } from "./entry.ts";

/** What providers, farmers and the gateway's way to them raise (packages/provider, farmer and transport). */
export const PROVIDERS_ERRORS = {
  "bad-config": {
    kind: "input",
    means: "an option of the provider has a value that it cannot have",
    next: "Set the option that is named to what is allowed.",
  },
  "bad-endpoint": {
    kind: "input",
    means: "the gateway does not dial such an endpoint",
    next: "Register an http or https URL with a public address and no path.",
  },
  "bad-farmer-file": {
    kind: "corrupt",
    means: "a file of the farmer is damaged, or was written by a newer version",
    next: "Remove it if the directory belongs to the node that you name with --node.",
  },
  "bad-identities": {
    kind: "input",
    means: "the file of identities is not in order",
    next: 'It must be JSON: {"ADDRESS": {"message": "…", "signature": "…"}}',
  },
  "bad-source": {
    kind: "unavailable",
    means: "the source of a shard does not serve what was asked of it",
    next: "Store the shard again: it is pulled from the beginning.",
  },
  "bad-ticket": {
    kind: "auth",
    means: "a read's ticket is not valid for the shard, the reader or the present time",
    next: "Sign a new ticket.",
  },
  "bad-token-file": {
    kind: "input",
    means: "the farmer's token file holds no token",
    next: "It must hold the token alone, as hexadecimal text; remove the file to get a new one.",
  },
  damaged: {
    kind: "corrupt",
    means: "the provider's copy of a shard is damaged",
    next: "Discard the copy and store it again.",
  },
  "farmer-in-use": {
    kind: "conflict",
    means: "another farmer runs on the directory",
    next: "Stop that one first, or choose another directory with --path.",
  },
  "file-unreadable": {
    kind: "unavailable",
    means: "the provider cannot read a file of its own",
    next: "Make it readable to this process (its owner and mode, the disk under it, the limit of open files).",
  },
  full: {
    kind: "exhausted",
    means: "the provider has no space for the shard",
    next: "Ask another provider; its operator can free space or raise its capacity.",
  },
  "long-read": {
    kind: "corrupt",
    means: "a provider sends more bytes than were asked for",
    next: "Nothing: the bytes are taken from other providers.",
  },
  "no-address": {
    kind: "input",
    means: "the farmer has no address to earn for",
    next: "Name one with --address, --identity FILE or --key FILE.",
  },
  "no-endpoint": {
    kind: "unavailable",
    means: "the provider has no endpoint and is not connected",
    next: "Wait until the provider dials this gateway, or have it register an endpoint.",
  },
  "no-provider": {
    kind: "missing",
    means: "the directory is not a provider's",
    next: "Name the directory of a provider that was started before.",
  },
  "no-such-token": {
    kind: "missing",
    means: "the node does not know the farmer's token",
    next: "Run the farmer again: it registers anew under the same address.",
  },
  "node-answer-malformed": {
    kind: "unavailable",
    means: "the node's answer is not in order",
    next: "Check that the address is a downstream node's; its operator may have to update it.",
  },
  "node-refused": {
    kind: ["conflict", "unavailable"],
    means: "the node refused what the farmer asked",
    next: "Do what its message says; ask the operator of the node if it says nothing.",
  },
  "node-unreachable": {
    kind: "unavailable",
    means: "the node cannot be reached",
    next: "Check the address, and that the node is running.",
  },
  "not-executor": {
    kind: "auth",
    means: "somebody other than the package's executor asked the provider",
    next: "Ask through the gateway that stored the package.",
  },
  "not-joined": { kind: "conflict", means: "the provider has not joined a network yet", next: "Start it first." },
  "not-my-gateway": {
    kind: "auth",
    means: "a gateway asked that this provider does not dial",
    next: "Name the gateway with --gateway when the provider is started.",
  },
  "not-registered": {
    kind: "unavailable",
    means: "the chain does not show the provider's registration",
    next: "Check that the gateway's chain makes blocks.",
  },
  "not-reserved": {
    kind: "conflict",
    means: "the provider has no deal that reserves space for the shard",
    next: "Propose the deal on chain with this provider's quote first.",
  },
  "nothing-to-withdraw": {
    kind: "conflict",
    means: "less is credited than was to be withdrawn",
    next: "Ask for at most what is credited.",
  },
  "other-node": {
    kind: "conflict",
    means: "the directory belongs to another node",
    next: "Choose another directory with --path, or say --moved when the same node has moved to this address.",
  },
  "other-payout": {
    kind: "conflict",
    means: "the provider's pay is credited to another address",
    next: "Withdraw with the key of that address.",
  },
  "provider-busy": {
    kind: "unavailable",
    means: "the provider has too many requests at once",
    next: "Ask again in a moment.",
  },
  "provider-displaced": {
    kind: "conflict",
    means: "another program with the same keys connected to the gateway in this one's place",
    next: "End one of the two: a directory runs once, and each provider needs its own.",
  },
  "provider-keys-damaged": {
    kind: "corrupt",
    means: "the file of the provider's keys is damaged",
    next: "Put it back from a copy. Without one, begin in an empty directory: the shards are rebuilt elsewhere.",
  },
  "reader-gone": {
    kind: "unavailable",
    means: "whoever read a shard stopped",
    next: "Nothing: ask for the range again if it is still wanted.",
  },
  refused: { kind: "auth", means: "the provider does not quote for this", next: "Nothing: other providers are asked." },
  retired: {
    kind: "conflict",
    means: "the provider is retired on chain: it keeps its deals and takes no new ones",
    next: "Start it with --reactivate to register it again.",
  },
  "short-read": {
    kind: "corrupt",
    means: "a provider sent fewer bytes than it said",
    next: "Nothing: the bytes are taken from other providers.",
  },
  "stale-hello": {
    kind: "auth",
    means: "the time in a provider's hello is too far from the gateway's",
    next: "Set this machine's clock.",
  },
  "too-large": {
    kind: ["input", "corrupt"],
    means: "a body or an answer is longer than the protocol allows",
    next: "Send less; an answer that is too long comes from a faulty side.",
  },
  "unknown-heartbeat-type": {
    kind: "conflict",
    means: "the node asks for heartbeats of a type that this farmer does not know",
    next: "Ask the operator of the node for Merkle or Swizzle heartbeats.",
  },
  "unknown-range": {
    kind: "missing",
    means: "a provider sends a range that nobody waits for",
    next: "Nothing: the reader took the bytes from elsewhere.",
  },
  "unknown-request": {
    kind: "input",
    means: "the other side asked for something that this protocol does not have",
    next: "Update the older of the two sides.",
  },
  unreachable: {
    kind: "unavailable",
    means: "the source of a shard, or the provider that pulls it, went away",
    next: "Nothing: it is tried again. Check with `cairn status` what is away.",
  },
  "wrong-commitment": {
    kind: "corrupt",
    means: "what the provider pulled does not match the deal's commitment",
    next: "Nothing: the shard is pulled again or placed elsewhere.",
  },
  "wrong-provider": {
    kind: "unavailable",
    means: "another provider answers at the endpoint",
    next: "Have the provider register the endpoint at which it answers.",
  },
  "wrong-seed": {
    kind: "auth",
    means: "a proof was asked for with a seed that is not the period's on chain",
    next: "Take the seed from the chain; the provider proves by itself.",
  },
} as const satisfies Record<string, ErrorEntry>;
