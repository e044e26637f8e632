import type { Address, Hex, Seconds } from "@cairn/core";

/**
 * Who may add which block when, as a pure function: no clock, no I/O, no keys. Signatures are checked and blocks executed outside; here it is
 * decided what follows. Proposers take turns by time slot; a block is final once a quorum of validators has sealed it, so there are no
 * reorganisations. The first version runs with one validator, quorum one.
 */
export interface ConsensusRules {
  genesisTime: Seconds;
  blockSeconds: number;
  validators: readonly Address[];
}

export interface BlockReference {
  number: number;
  hash: Hex;
  parent: Hex;
  timestamp: Seconds;
  proposer: Address;
}

export interface ConsensusState {
  readonly rules: ConsensusRules;
  /** This node's validator, if it is one. */
  readonly self: Address | undefined;
  readonly head: BlockReference;
  readonly work:
    | { readonly kind: "idle" }
    /** Our own block is open for transactions, or being closed. */
    | { readonly kind: "building"; readonly timestamp: Seconds; readonly closing: boolean }
    /** A received block is being executed. */
    | { readonly kind: "checking"; readonly block: BlockReference }
    | { readonly kind: "storing"; readonly block: BlockReference };
}

export type ConsensusMessage =
  | { type: "time" }
  /** Our block is closed and sealed by `signers`. */
  | { type: "built"; block: BlockReference; signers: readonly Address[] }
  /** A block arrived; `signers` are the recovered signers of its seals. */
  | { type: "received"; block: BlockReference; signers: readonly Address[] }
  | { type: "checked"; hash: Hex; valid: boolean }
  | { type: "stored"; hash: Hex };

export type ConsensusEffect =
  | { type: "open"; parent: Hex; timestamp: Seconds }
  | { type: "close" }
  /** Drop our open block: another has come. Its transactions return to the pool. */
  | { type: "abandon" }
  | { type: "check"; hash: Hex }
  | { type: "store"; hash: Hex }
  | { type: "reject"; hash: Hex; reason: Rejection }
  /** Send `time` at this moment, in milliseconds. */
  | { type: "wake"; at: number };

export type Rejection =
  | "known"
  | "unknown-parent"
  | "wrong-number"
  | "wrong-proposer"
  | "off-slot"
  | "not-after-parent"
  | "from-the-future"
  | "no-quorum"
  | "busy"
  | "invalid";

export interface Step {
  state: ConsensusState;
  effects: ConsensusEffect[];
}

/** How far a block's time may be ahead of the clock. */
const MAX_AHEAD_SECONDS = 5;

/** Seals that make a block final: ⌈2n/3⌉. */
export function quorumOf(validators: number): number {
  return Math.ceil((2 * validators) / 3);
}

export function proposerAt(timestamp: Seconds, rules: ConsensusRules): Address {
  const slot = Math.floor((timestamp - rules.genesisTime) / rules.blockSeconds);
  return rules.validators[slot % rules.validators.length]!;
}

/** The first slot of ours that lies after the head and has not begun yet. */
function nextOwnSlot(state: ConsensusState, self: Address, now: number): Seconds {
  const { rules, head } = state;
  const due = Math.max(head.timestamp + 1, Math.ceil(now / 1000));
  let slot = Math.ceil((due - rules.genesisTime) / rules.blockSeconds);
  while (proposerAt(rules.genesisTime + slot * rules.blockSeconds, rules) !== self) slot++;
  return rules.genesisTime + slot * rules.blockSeconds;
}

function openNext(state: ConsensusState, now: number): Step {
  const { self } = state;
  if (self === undefined || !state.rules.validators.includes(self)) {
    return { state: { ...state, work: { kind: "idle" } }, effects: [] };
  }
  const timestamp = nextOwnSlot(state, self, now);
  return {
    state: { ...state, work: { kind: "building", timestamp, closing: false } },
    effects: [
      { type: "open", parent: state.head.hash, timestamp },
      { type: "wake", at: timestamp * 1000 },
    ],
  };
}

function onTime(state: ConsensusState, now: number): Step {
  const { work } = state;
  if (work.kind === "idle") return openNext(state, now);
  if (work.kind !== "building" || work.closing) return { state, effects: [] };
  if (now < work.timestamp * 1000) return { state, effects: [{ type: "wake", at: work.timestamp * 1000 }] };
  return { state: { ...state, work: { ...work, closing: true } }, effects: [{ type: "close" }] };
}

/** Why a block cannot follow the head, whatever its contents are. */
function rejectionOf(
  state: ConsensusState,
  block: BlockReference,
  signers: readonly Address[],
  now: number,
): Rejection | undefined {
  const { rules, head } = state;
  if (block.number <= head.number) return "known";
  if (block.number !== head.number + 1) return "wrong-number";
  if (block.parent !== head.hash) return "unknown-parent";
  if (block.timestamp <= head.timestamp) return "not-after-parent";
  if (block.timestamp * 1000 > now + MAX_AHEAD_SECONDS * 1000) return "from-the-future";
  if ((block.timestamp - rules.genesisTime) % rules.blockSeconds !== 0) return "off-slot";
  if (proposerAt(block.timestamp, rules) !== block.proposer) return "wrong-proposer";
  const seals = new Set(signers.filter((signer) => rules.validators.includes(signer)));
  if (!seals.has(block.proposer)) return "wrong-proposer";
  return seals.size < quorumOf(rules.validators.length) ? "no-quorum" : undefined;
}

function onReceived(state: ConsensusState, block: BlockReference, signers: readonly Address[], now: number): Step {
  const { work } = state;
  const busy = work.kind === "checking" || work.kind === "storing" || (work.kind === "building" && work.closing);
  const reason = busy ? "busy" : rejectionOf(state, block, signers, now);
  if (reason !== undefined) return { state, effects: [{ type: "reject", hash: block.hash, reason }] };
  const abandon: ConsensusEffect[] = work.kind === "building" ? [{ type: "abandon" }] : [];
  return {
    state: { ...state, work: { kind: "checking", block } },
    effects: [...abandon, { type: "check", hash: block.hash }],
  };
}

function onBuilt(state: ConsensusState, block: BlockReference, signers: readonly Address[], now: number): Step {
  if (state.work.kind !== "building") return { state, effects: [{ type: "reject", hash: block.hash, reason: "busy" }] };
  const reason = rejectionOf(state, block, signers, now);
  if (reason !== undefined) {
    const next = openNext(state, now);
    return {
      state: next.state,
      effects: [{ type: "reject", hash: block.hash, reason }, { type: "abandon" }, ...next.effects],
    };
  }
  return { state: { ...state, work: { kind: "storing", block } }, effects: [{ type: "store", hash: block.hash }] };
}

/**
 * One step of consensus at `now` (milliseconds since 1970).
 * Effects are to be carried out in order; their outcomes come back as messages.
 */
export function step(state: ConsensusState, message: ConsensusMessage, now: number): Step {
  const { work } = state;
  switch (message.type) {
    case "time":
      return onTime(state, now);
    case "built":
      return onBuilt(state, message.block, message.signers, now);
    case "received":
      return onReceived(state, message.block, message.signers, now);
    case "checked": {
      if (work.kind !== "checking" || work.block.hash !== message.hash) return { state, effects: [] };
      if (message.valid) {
        return {
          state: { ...state, work: { kind: "storing", block: work.block } },
          effects: [{ type: "store", hash: message.hash }],
        };
      }
      const next = openNext(state, now);
      return {
        state: next.state,
        effects: [{ type: "reject", hash: message.hash, reason: "invalid" }, ...next.effects],
      };
    }
    case "stored": {
      if (work.kind !== "storing" || work.block.hash !== message.hash) return { state, effects: [] };
      return openNext({ ...state, head: work.block }, now);
    }
  }
}
