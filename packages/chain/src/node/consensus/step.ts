import type { Address, Hex, Seconds } from "@cairn/protocol";

/**
 * Who may add which block when, as a pure function: no clock, no I/O, no keys. Signatures are checked and blocks executed outside; here it is
 * decided what follows. Proposers take turns by time slot; a block is final once a quorum of validators has sealed it, so there are no
 * reorganisations. The first version runs with one validator, quorum one.
 *
 * Blocks are made when there is work: as soon as a transaction waits, and no sooner than its predecessor's gas allows. After a block with
 * transactions comes one more, so that its hash is there for whoever needs it. A chain without work makes a block every heartbeat.
 * Block times are whole seconds that never go back; several blocks may have the same one. A chain whose head is ahead of the clock, because
 * the clock was wrong or has been set back, goes on at the head's own time until the clock has caught up.
 */
export interface ConsensusRules {
  genesisTime: Seconds;
  /** A slot: how long one validator may propose, and how much time a full block stands for. */
  blockSeconds: number;
  /** Gas of a full block. */
  blockGas: bigint;
  validators: readonly Address[];
}

export interface BlockReference {
  number: number;
  hash: Hex;
  parent: Hex;
  timestamp: Seconds;
  proposer: Address;
  /** How many transactions it holds, and the gas that they used. */
  transactions: number;
  gasUsed: bigint;
}

export interface ConsensusState {
  readonly rules: ConsensusRules;
  /** Longest time without a block, as long as this node proposes. Each validator's own choice, not a rule. */
  readonly heartbeatSeconds: number;
  /** This node's validator, if it is one. */
  readonly self: Address | undefined;
  readonly head: BlockReference;
  /** When this process opened and stored the head, in milliseconds; undefined until it has stored a block. */
  readonly pace: { readonly openedAt: number; readonly storedAt: number } | undefined;
  /** Whether a transaction waits that can be executed. */
  readonly waiting: boolean;
  readonly work:
    | { readonly kind: "idle" }
    /** Our own block is open for transactions, or being closed. `drained`: every transaction that waited is executed. */
    | { readonly kind: "building"; readonly openedAt: number; readonly drained: boolean; readonly closing: boolean }
    /** A received block is being executed. */
    | { readonly kind: "checking"; readonly block: BlockReference }
    | { readonly kind: "storing"; readonly block: BlockReference; readonly openedAt: number };
}

export type ConsensusMessage =
  | { type: "time" }
  /** A transaction waits that can be executed. */
  | { type: "waiting" }
  /** Nothing more can be executed now: `executed` transactions are in the open block; `full` when others are left for the next. */
  | { type: "drained"; executed: number; full: boolean }
  /** Our block is closed and sealed by `signers`. */
  | { type: "built"; block: BlockReference; signers: readonly Address[] }
  /** A block arrived; `signers` are the recovered signers of its seals. */
  | { type: "received"; block: BlockReference; signers: readonly Address[] }
  | { type: "checked"; hash: Hex; valid: boolean }
  | { type: "stored"; hash: Hex; waiting: boolean };

export type ConsensusEffect =
  | { type: "open"; parent: Hex; timestamp: Seconds }
  /** Execute what waits into the open block, then say `drained`. */
  | { type: "execute" }
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
  | "before-parent"
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
/** Least time between two blocks. A BLOCKHASH reaches back 256 blocks: more than a minute even when every block is as early as this. */
export const SPACING_MS = 250;
/** How long an open block waits for more transactions: several votes or payments of one moment share a block. */
export const GATHER_MS = 50;
/** After a block with transactions comes an empty one, if no other: one confirmation, and the hash that contracts draw from. */
export const FOLLOW_MS = 500;

/** Seals that make a block final: ⌈2n/3⌉. */
export function quorumOf(validators: number): number {
  return Math.ceil((2 * validators) / 3);
}

export function proposerAt(timestamp: Seconds, rules: ConsensusRules): Address {
  const slot = Math.floor((timestamp - rules.genesisTime) / rules.blockSeconds);
  return rules.validators[slot % rules.validators.length]!;
}

/** When the head's successor may be opened at the earliest: spaced, and not before the time that the head's gas stands for has passed. */
function earliest({ rules, head, pace }: ConsensusState): number {
  if (pace === undefined) return 0;
  const used = (Number(head.gasUsed) / Number(rules.blockGas)) * rules.blockSeconds * 1000;
  return Math.max(pace.storedAt + SPACING_MS, pace.openedAt + used);
}

/** When the next block is due though nothing waits: a slot after the start, soon after transactions, else a heartbeat after the head. */
function dueWithoutWork({ rules, head, pace, heartbeatSeconds }: ConsensusState, now: number): number {
  if (pace === undefined) return head.timestamp * 1000 > now ? now : (head.timestamp + rules.blockSeconds) * 1000;
  if (head.transactions > 0) return pace.storedAt + FOLLOW_MS;
  // A head that is ahead of the clock says nothing of how long ago it was made.
  return Math.min(head.timestamp * 1000, pace.storedAt) + heartbeatSeconds * 1000;
}

/** The time that a block opened at `now` (milliseconds) has: the clock's, and never before its parent's. */
function timeAt(now: number, head: BlockReference): Seconds {
  return Math.max(Math.floor(now / 1000), head.timestamp);
}

/** The first moment from `at` on (milliseconds) at which a block on `head` lies in a slot of `self`. */
function inOwnSlot(at: number, head: BlockReference, self: Address, rules: ConsensusRules): number {
  let second = timeAt(at, head);
  if (proposerAt(second, rules) === self) return at;
  while (proposerAt(second, rules) !== self) second++;
  return second * 1000;
}

/** Opens the next block, or waits until it is time. */
function openNext(state: ConsensusState, now: number): Step {
  const { self, rules, head } = state;
  const idle: ConsensusState = { ...state, work: { kind: "idle" } };
  if (self === undefined || !rules.validators.includes(self)) return { state: idle, effects: [] };
  const due = state.waiting ? earliest(state) : Math.max(earliest(state), dueWithoutWork(state, now));
  const at = inOwnSlot(Math.max(due, now), head, self, rules);
  if (at > now) return { state: idle, effects: [{ type: "wake", at }] };
  const open: ConsensusEffect = { type: "open", parent: head.hash, timestamp: timeAt(now, head) };
  const work = { kind: "building", openedAt: now, drained: false, closing: !state.waiting } as const;
  if (work.closing) return { state: { ...state, work }, effects: [open, { type: "close" }] };
  return {
    state: { ...state, work },
    effects: [open, { type: "execute" }, { type: "wake", at: now + rules.blockSeconds * 1000 }],
  };
}

function close(state: ConsensusState): Step {
  if (state.work.kind !== "building") return { state, effects: [] };
  return { state: { ...state, work: { ...state.work, closing: true } }, effects: [{ type: "close" }] };
}

function onTime(state: ConsensusState, now: number): Step {
  const { work, rules } = state;
  if (work.kind === "idle") return openNext(state, now);
  if (work.kind !== "building" || work.closing) return { state, effects: [] };
  const at = work.openedAt + (work.drained ? GATHER_MS : rules.blockSeconds * 1000);
  return now < at ? { state, effects: [{ type: "wake", at }] } : close(state);
}

function onWaiting(before: ConsensusState, now: number): Step {
  const state = { ...before, waiting: true };
  const { work } = state;
  if (work.kind === "idle") return openNext(state, now);
  if (work.kind !== "building" || work.closing) return { state, effects: [] };
  return { state: { ...state, work: { ...work, drained: false } }, effects: [{ type: "execute" }] };
}

/** What waited is executed. A block opened for transactions that turned out to be none is given up. */
function onDrained(state: ConsensusState, executed: number, full: boolean, now: number): Step {
  const { work } = state;
  if (work.kind !== "building" || work.closing) return { state, effects: [] };
  if (executed === 0) {
    const next = openNext({ ...state, waiting: false }, now);
    return { state: next.state, effects: [{ type: "abandon" }, ...next.effects] };
  }
  if (full) return close(state);
  return onTime({ ...state, waiting: false, work: { ...work, drained: true } }, now);
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
  if (block.timestamp < head.timestamp) return "before-parent";
  // At its parent's own time a block leads no further ahead than its parent did.
  const ahead = block.timestamp > head.timestamp && block.timestamp * 1000 > now + MAX_AHEAD_SECONDS * 1000;
  if (ahead) return "from-the-future";
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
  const { openedAt } = state.work;
  return {
    state: { ...state, work: { kind: "storing", block, openedAt } },
    effects: [{ type: "store", hash: block.hash }],
  };
}

/** Moments that lie ahead of the clock were taken before it was set back: how long ago is not known, so they count as now. */
function rewound(state: ConsensusState, now: number): ConsensusState {
  const { pace, work } = state;
  const isAhead = work.kind === "building" && work.openedAt > now;
  if (!isAhead && (pace === undefined || pace.storedAt <= now)) return state;
  return {
    ...state,
    pace: pace && { openedAt: Math.min(pace.openedAt, now), storedAt: Math.min(pace.storedAt, now) },
    work: isAhead ? { ...work, openedAt: now } : work,
  };
}

/**
 * One step of consensus at `now` (milliseconds since 1970).
 * Effects are to be carried out in order; their outcomes come back as messages.
 */
export function step(before: ConsensusState, message: ConsensusMessage, now: number): Step {
  const state = rewound(before, now);
  const { work } = state;
  switch (message.type) {
    case "time":
      return onTime(state, now);
    case "waiting":
      return onWaiting(state, now);
    case "drained":
      return onDrained(state, message.executed, message.full, now);
    case "built":
      return onBuilt(state, message.block, message.signers, now);
    case "received":
      return onReceived(state, message.block, message.signers, now);
    case "checked": {
      if (work.kind !== "checking" || work.block.hash !== message.hash) return { state, effects: [] };
      if (message.valid) {
        return {
          state: { ...state, work: { kind: "storing", block: work.block, openedAt: work.block.timestamp * 1000 } },
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
      const pace = { openedAt: Math.min(work.openedAt, now), storedAt: now };
      return openNext({ ...state, head: work.block, pace, waiting: message.waiting }, now);
    }
  }
}
