import type { errorsAbi } from "@cairn/contracts";
import { compareCoins, formatCoins } from "@cairn/core/coins";

/** What a contract says no with, for a person. */
export interface Refusal {
  /** Its arguments by name, as decimal or hex text → what is wrong, in lower case without a full stop. */
  says(args: Readonly<Record<string, string>>): string;
  /** What to do about it. */
  next: string;
}

export type RefusalName = (typeof errorsAbi)[number]["name"];

const STATES = ["unknown", "proposed", "active", "completed", "cancelled", "expired", "failed"];

const coins = (wei = "0"): string => formatCoins(BigInt(wei));
const both = (a = "0", b = "0"): [string, string] => compareCoins(BigInt(a), BigInt(b));
const time = (seconds = "0"): string => `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
const short = (hex = ""): string => (hex.length > 14 ? `${hex.slice(0, 12)}…` : hex);
const state = (index = "0"): string => STATES[Number(index)] ?? index;
const deal = ({ deal: id }: Readonly<Record<string, string>>): string => `deal ${short(id)}`;

const CLOCK = "Check this machine's clock and that the chain makes blocks (`cairn status`); then try again.";
const DEFECT = "Nothing that you did causes this: look for newer contracts or a newer Cairn, and report it.";
const VERIFIERS = "Check the addresses of the verifiers and the quorum of the network's settings.";
const LATER = "Wait until then; the network does it by itself.";
const DONE = "There is nothing left to do.";
const QUOTE = "Ask for quotes again: `cairn put` does it by itself when it is run once more.";
const ELSEWHERE = "Run the command again: another provider is chosen.";
const SHOW = "`cairn show` says which state the package and its deals are in.";

/** Every custom error of the contracts (packages/contracts/src/I*.sol). */
export const REFUSALS: Readonly<Record<RefusalName, Refusal>> = {
  // Money
  InsufficientFunds: {
    says: ({ account, need, have }) => {
      const [has, needs] = both(have, need);
      return `${account} has ${has} deposited, which is less than ${needs}`;
    },
    next: "Deposit more with `cairn wallet deposit`, or ask for less.",
  },
  TransferFailed: {
    says: ({ account, amount }) => `${account} does not take the ${coins(amount)} that were to be sent to it`,
    next: "Withdraw to an address that takes coins: a contract without a payable receive function does not.",
  },
  EscrowLimit: {
    says: ({ need, maxEscrow }) => {
      const [needs, signed] = both(need, maxEscrow);
      return `the deals need ${needs} in escrow, above the ${signed} that the owner signed`;
    },
    next: "Store it again with a higher --max-cost.",
  },
  ReserveTooSmall: {
    says: ({ documentHash, need, have }) => {
      const [has, needs] = both(have, need);
      return `the repair reserve of package ${short(documentHash)} has ${has}, and a repair needs ${needs}`;
    },
    next: "Store the package again (`cairn put --replace`), which sets a new reserve aside.",
  },
  AboveCeiling: {
    says: (args) => {
      const [costs, signed] = both(args.pricePerPeriod, args.maxPrice);
      return `${deal(args)} costs ${costs} a period, above the ${signed} that the owner signed`;
    },
    next: "Run the command again for another provider, or store it again at today's prices.",
  },
  BelowFloor: {
    says: ({ provider, pricePerPeriod, priceFloor }) => {
      const [floor, offered] = both(priceFloor, pricePerPeriod);
      return `provider ${provider} takes no less than ${floor} a period, and was offered ${offered}`;
    },
    next: QUOTE,
  },
  ReentrancyGuardReentrantCall: {
    says: () => "a contract that was paid called back in the middle of the payment",
    next: "Withdraw to an address that only takes the coins.",
  },
  // Who may
  NotAllowed: {
    says: ({ caller }) => `${caller} may not do this: only the package's owner or its executor`,
    next: "Use the account that stored the package (`cairn key list`).",
  },
  NotLedger: { says: ({ caller }) => `only the network's proof ledger may call this, not ${caller}`, next: DEFECT },
  NotStorageDeals: { says: ({ caller }) => `only the network's deals may call this, not ${caller}`, next: DEFECT },
  NotVerifier: {
    says: ({ set, account }) => `${account} is no verifier of the set ${short(set)}`,
    next: VERIFIERS,
  },
  WrongSigner: {
    says: ({ wanted, signer }) => `it is signed with the key of ${signer}, not with that of ${wanted}`,
    next: "Use the key that is registered for it.",
  },
  InvalidSignature: { says: () => "a signature is not one of any key", next: DEFECT },
  SignatureExpired: {
    says: ({ expiry }) => `what was signed was valid until ${time(expiry)}`,
    next: "Run the command again, which signs anew; if it happens again, check this machine's clock.",
  },
  // Agreeing on deals
  WrongDeployment: {
    says: ({ registry, ledger }) => `the contracts at ${registry} and ${ledger} were not deployed together`,
    next: "Deploy all contracts of one network with one key.",
  },
  LengthMismatch: { says: ({ wanted, got }) => `${wanted} entries are wanted, ${got} were given`, next: DEFECT },
  NoQuotes: { says: () => "a proposal needs one quote at least", next: DEFECT },
  InvalidMandate: {
    says: ({ field }) => `the owner's mandate cannot be carried out: its ${field} is not allowed`,
    next: "Run the command again with other values for --k, --n, --for or --max-cost.",
  },
  InvalidQuote: {
    says: (args) => `the quote of ${deal(args)} has another ${args.field} than the mandate`,
    next: QUOTE,
  },
  OtherMandate: { says: () => "the package was created under another mandate", next: SHOW },
  UnknownPackage: { says: ({ documentHash }) => `no package ${short(documentHash)} is on the chain`, next: SHOW },
  PackageEnded: {
    says: ({ documentHash, lastPeriod }) => `package ${short(documentHash)} ended with period ${lastPeriod}`,
    next: "Store it again with `cairn put`.",
  },
  TooLong: {
    says: (args) => `${deal(args)} is for ${args.periods} periods, and the mandate has ${args.most} left`,
    next: QUOTE,
  },
  NotInShardsRoot: { says: (args) => `${deal(args)} is for a shard that the package does not have`, next: DEFECT },
  SlotTaken: { says: ({ by }) => `deal ${short(by)} holds this shard already`, next: DONE },
  SlotPaused: {
    says: ({ period }) => `too many proposals for this shard ended unused in period ${period}`,
    next: LATER,
  },
  AlreadyHolds: {
    says: ({ provider }) => `provider ${provider} holds another shard of the same piece`,
    next: ELSEWHERE,
  },
  WrongState: {
    says: (args) => `${deal(args)} is ${state(args.state)}, in which this cannot be done`,
    next: SHOW,
  },
  AlreadyReceived: { says: (args) => `the receipt of ${deal(args)} is on the chain already`, next: DONE },
  NotReceived: { says: (args) => `the provider of ${deal(args)} has not acknowledged its shard yet`, next: LATER },
  DeadlinePassed: {
    says: (args) => `${deal(args)} could be activated until ${time(args.deadline)}`,
    next: ELSEWHERE,
  },
  DeadlineNotPassed: {
    says: (args) => `${deal(args)} can still be activated until ${time(args.deadline)}`,
    next: LATER,
  },
  SeedTooOld: {
    says: (args) =>
      `the first proof of ${deal(args)} answers block ${args.seedBlock}, which is older than its receipt in block ${args.receiptBlock}`,
    next: "The provider proves again by itself; run the command again if nothing happens.",
  },
  DealsLive: {
    says: ({ documentHash, live }) => `package ${short(documentHash)} still has ${live} live deals`,
    next: "End it with `cairn rm`, or wait until its deals are over.",
  },
  NotOver: { says: (args) => `${deal(args)} runs until the end of period ${args.lastPeriod}`, next: LATER },
  DealNotLive: { says: (args) => `${deal(args)} is ${state(args.state)}, not active`, next: SHOW },
  // Faults
  NoFault: { says: (args) => `the verifiers found no fault of ${deal(args)} there`, next: DONE },
  FaultNotScheduled: {
    says: (args) => `${deal(args)} owed no proof in period ${args.period}, or the period is void`,
    next: DONE,
  },
  FaultSuperseded: {
    says: (args) =>
      `the fault of ${deal(args)} in period ${args.period} is older than the verdict of period ${args.newest}`,
    next: "The newest verdict decides; use that one.",
  },
  ProvenOnChain: { says: (args) => `${deal(args)} was proved on the chain in period ${args.period}`, next: DONE },
  // Periods and votes
  InvalidClock: {
    says: ({ genesisTime, periodSeconds }) =>
      `a period of ${periodSeconds} s from ${time(genesisTime)} on cannot be: it must divide an hour and have begun`,
    next: "Choose another period for the network's profile.",
  },
  InvalidSet: {
    says: ({ verifiers, quorum }) => `${quorum} of ${verifiers} verifiers are no quorum`,
    next: VERIFIERS,
  },
  InvalidVerifier: { says: ({ verifier }) => `${verifier} cannot be a verifier, or is named twice`, next: VERIFIERS },
  PeriodAlreadyOpen: { says: ({ period }) => `period ${period} is open already`, next: DONE },
  PeriodNotOpen: { says: ({ period }) => `period ${period} is not open`, next: CLOCK },
  SeedOutOfReach: {
    says: ({ period, openedIn }) =>
      `the seed of period ${period} can no longer be drawn: it was opened in block ${openedIn}`,
    next: "The period stays void: it neither pays nor faults.",
  },
  SeedTooLate: {
    says: ({ period, deadline }) => `the seed of period ${period} had to be drawn by ${time(deadline)}`,
    next: "The period stays void: it neither pays nor faults.",
  },
  SeedDrawnBefore: { says: ({ period }) => `the seed of period ${period} is drawn already`, next: DONE },
  PeriodVoid: { says: ({ period }) => `period ${period} is void: it neither pays nor faults`, next: DONE },
  VoteTooEarly: {
    says: ({ period, opens }) => `votes on period ${period} are taken from ${time(opens)} on`,
    next: LATER,
  },
  VoteTooLate: {
    says: ({ period, closed }) => `votes on period ${period} were taken until ${time(closed)}`,
    next: CLOCK,
  },
  AlreadyVoted: { says: ({ verifier, period }) => `verifier ${verifier} has voted on period ${period}`, next: DONE },
  EmptyRoot: { says: ({ period }) => `a vote on period ${period} names no root`, next: DEFECT },
  AnswerTooLate: {
    says: ({ period, deadline }) => `proofs of period ${period} were taken until ${time(deadline)}`,
    next: CLOCK,
  },
  AlreadyProven: { says: (args) => `${deal(args)} is proved for period ${args.period} already`, next: DONE },
  UnknownSeed: {
    says: ({ seed }) => `no recent block has the seed ${short(seed)}`,
    next: "Prove again with the seed of a recent block; a provider does it by itself.",
  },
  QuorumMissing: {
    says: ({ agreeing, quorum }) => `${agreeing} verifiers agree, ${quorum} have to`,
    next: "Wait for the other verifiers, and see in `cairn status` whether they run.",
  },
  RootNotFinal: { says: ({ period }) => `the verdict on period ${period} is not final yet`, next: LATER },
  InDispute: {
    says: ({ period, until }) => `the verdict on period ${period} can be disputed until ${time(until)}`,
    next: LATER,
  },
  NotInRoot: {
    says: (args) => `the verdict on period ${args.period} does not hold what is said of ${deal(args)}`,
    next: DEFECT,
  },
  NotScheduled: { says: (args) => `${deal(args)} owes no proof in period ${args.period}`, next: DONE },
  // Proofs
  WrongProofShape: {
    says: ({ leaves, siblings, wantedLeaves, wantedSiblings }) =>
      `a proof of this shard has ${wantedLeaves} leaves and ${wantedSiblings} siblings; ${leaves} and ${siblings} were given`,
    next: "Check the shard with `cairn check`: the provider's copy may be damaged.",
  },
  WrongProof: {
    says: ({ challenge, leafIndex }) =>
      `challenge ${challenge} (leaf ${leafIndex}) is answered with other bytes than were stored`,
    next: "Check the shard with `cairn check`: the provider's copy is damaged.",
  },
  // Providers
  WrongNonce: {
    says: ({ provider, nonce, next }) => `provider ${provider} signed number ${nonce}, and ${next} comes next`,
    next: "Try again: the next number is read from the chain.",
  },
  NotRegistered: {
    says: ({ provider }) => `provider ${provider} is not registered on this chain`,
    next: "Start it with `cairn provider --gateway URL`, which registers it.",
  },
  InvalidRegistration: {
    says: ({ field }) => `the provider's registration has a ${field} that is not allowed`,
    next: "Start the provider with another value for it; `cairn provider --help` shows the options.",
  },
  ProviderNotActive: {
    says: ({ provider }) => `provider ${provider} takes no deals at present`,
    next: ELSEWHERE,
  },
  CapacityExceeded: {
    says: ({ provider, need, capacity }) =>
      `provider ${provider} offers ${capacity} bytes, and ${need} would be reserved`,
    next: ELSEWHERE,
  },
};
