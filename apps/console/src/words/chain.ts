import { coins } from "../format/coins.ts";
import { counted, number } from "../format/number.ts";
import { shortId } from "../format/short-id.ts";

/** Arguments of a call or event by name. */
export type Said = ReadonlyMap<string, string>;

const text = (said: Said, name: string) => said.get(name) ?? "?";
const id = (said: Said, name: string) => shortId(text(said, name));
const money = (said: Said, name: string) => `${coins(said.get(name) ?? "0")} coins`;
const many = (said: Said, name: string, word: string) => counted(Number(said.get(name) ?? 0), word);

/** As DealState in packages/contracts. */
const STATES = ["none", "proposed", "active", "completed", "cancelled", "expired", "failed"];

/** What each function of Cairn's contracts does. */
const methods: Record<string, string> = {
  register: "Enters a provider, or changes its terms",
  retire: "Retires a provider: it takes no new deals",
  take: "Books space at a provider",
  free: "Gives space at a provider back",
  logWork: "Notes what a provider proved",
  registerSet: "Enters a set of verifiers",
  openPeriod: "Opens a period: proofs of it can be asked for",
  drawSeed: "Draws a period's random number, from which challenges follow",
  vote: "Votes on what a period's proofs came to",
  provePossession: "Proves on chain that a shard is still there",
  deposit: "Pays coins into an owner's deposit",
  withdraw: "Takes coins out of a deposit",
  propose: "Proposes deals for a package and sets coins aside for them",
  recordReceipts: "Notes that providers received their shards",
  activate: "Makes deals active: proofs are due and pay accrues",
  activateByProof: "Makes a deal active by a proof on chain",
  cancel: "Cancels deals whose shard was not handed over",
  expire: "Ends proposals that were not taken up in time",
  terminate: "Ends a package at its owner's wish",
  claim: "Pays providers for what they proved",
  close: "Ends a deal whose time is over, and refunds what was not earned",
  closeVoid: "Ends a deal about whose last period nothing was agreed",
  fail: "Ends a deal that its provider broke, and refunds the rest",
  releaseReserve: "Gives back what was set aside for repairs",
};

/** What each event of Cairn's contracts says. */
const events: Record<string, (said: Said) => string> = {
  ProviderRegistered: (said) => `Provider ${id(said, "provider")} entered its terms.`,
  ProviderRetired: (said) => `Provider ${id(said, "provider")} retired: it takes no new deals.`,
  WorkLogged: (said) =>
    `Provider ${id(said, "provider")} proved ${text(said, "fulfilled")} of ${text(said, "committed")} periods of deal ${id(said, "deal")}.`,
  PeriodOpened: (said) => `Period ${number(BigInt(said.get("period") ?? 0))} was opened.`,
  SeedDrawn: (said) => `The random number of period ${number(BigInt(said.get("period") ?? 0))} was drawn.`,
  Voted: (said) =>
    `Verifier ${id(said, "verifier")} voted on what period ${number(BigInt(said.get("period") ?? 0))} came to.`,
  PeriodFinalized: (said) =>
    `The verifiers agree on period ${number(BigInt(said.get("period") ?? 0))}: ${counted(Number(said.get("leaves") ?? 0), "verdict")}.`,
  PossessionProven: (said) => `Deal ${id(said, "deal")} was proved on chain.`,
  Deposited: (said) => `${money(said, "amount")} were paid into the deposit of ${id(said, "account")}.`,
  Withdrawn: (said) => `${money(said, "amount")} were taken out of the deposit of ${id(said, "account")}.`,
  PackageCreated: (said) =>
    `Owner ${id(said, "owner")} began a package, with ${money(said, "reserve")} set aside for repairs.`,
  PackageTerminated: (said) => `Owner ${id(said, "owner")} ended a package.`,
  DealProposed: (said) =>
    `Provider ${id(said, "provider")} is to keep ${counted(Number(said.get("rawLength") ?? 0), "byte")} for ${many(said, "periods", "period")}; ${money(said, "escrow")} are set aside.`,
  DealReceived: (said) => `The shard of deal ${id(said, "deal")} was received.`,
  DealStateChanged: (said) =>
    `Deal ${id(said, "deal")} is ${STATES[Number(said.get("state"))] ?? `in state ${text(said, "state")}`} now.`,
  DealPaid: (said) =>
    `Provider ${id(said, "provider")} was paid ${money(said, "amount")} for ${many(said, "periods", "period")} of deal ${id(said, "deal")}.`,
  DealRefunded: (said) =>
    `${money(said, "amount")} of deal ${id(said, "deal")} came back to ${said.get("toReserve") === "true" ? "what is set aside for repairs" : "the owner's deposit"}.`,
  ReserveReleased: (said) =>
    `${money(said, "amount")} that were set aside for repairs came back to ${id(said, "owner")}.`,
};

export const chain = {
  methods,
  events,
  blocks: {
    title: "Blocks",
    lead: "Everything that providers and gateways are held to stands in a block of the chain. New ones come by themselves.",
    number: "Block",
    time: "Made",
    transactions: "Transactions",
    gas: "Gas used",
    hash: "Hash",
    older: "Older blocks",
    newest: "To the newest",
    live: (head: number) => `The newest block is ${number(head)}.`,
    before: (before: number) => `Blocks before ${number(before)}.`,
    empty: { title: "No block here", body: "The chain has none below this number, or has deleted them." },
    ofLimit: (used: string, share: string) => `${used} (${share})`,
  },
  block: {
    title: (height: number) => `Block ${number(height)}`,
    facts: "What it is",
    hash: "Hash",
    time: "Made",
    gas: "Gas used",
    calls: "What was called in it",
    none: {
      title: "Nothing was called in it",
      body: "Blocks are made also when nobody has anything to say: they move the chain's clock.",
    },
    earlier: "Earlier block",
    later: "Later block",
    more: (shown: number, all: number) => `The first ${number(shown)} of ${number(all)} are shown.`,
  },
  call: {
    transaction: "Transaction",
    what: "What it does",
    from: "From",
    to: "To",
    amount: "Coins",
    creates: "Creates a contract",
    sends: "Sends coins",
    foreign: "Calls something that is none of Cairn's contracts",
    unread: (contract: string) => `Calls ${contract} in a way that it does not know`,
  },
  transaction: {
    title: (hash: string) => `Transaction ${hash}`,
    ok: "It was carried out.",
    refused: "The contract refused it; only its fee was paid.",
    facts: "What it is",
    hash: "Hash",
    state: "State",
    block: "Block",
    confirmations: (count: number) => `${counted(count, "confirmation")}`,
    from: "From",
    to: "To",
    calls: "Function",
    amount: "Coins with it",
    fee: "Fee",
    coins: "coins",
    gas: "Gas used",
    data: "Data",
    events: "What came of it",
    noEvents: "No event came of it.",
    foreign: "An event of a contract that is none of Cairn's.",
    arguments: "What it was called with",
    noArguments: "It carries nothing that Cairn's contracts read.",
    name: "Name",
    type: "Type",
    value: "Value",
    details: "In figures",
  },
  contracts: {
    title: "Contracts",
    lead: "Three programs on the chain hold everybody to what was agreed on. Nobody, the gateway included, can change them.",
    name: "Contract",
    what: "What it is for",
    address: "Address",
    size: "Code",
    network: "This network",
    chainId: "Chain",
    url: "Its node's address for wallets",
    period: "A period lasts",
    quorum: "Verifiers that must agree",
    quorumOf: (quorum: number, all: number) => `${quorum} of ${all}`,
    seconds: (seconds: number) => counted(seconds, "second"),
    executor: "This gateway's key",
  },
  who: { gateway: "this gateway", verifier: "a verifier", wallet: (name: string) => `your wallet ${name}` },
} as const;
