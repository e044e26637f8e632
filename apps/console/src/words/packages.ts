import { bytes } from "../format/bytes.ts";
import { counted, number } from "../format/number.ts";

const STATES: Record<string, string> = {
  RECEIVING: "being uploaded",
  COMMITTING: "being prepared",
  COMMITTED: "waiting for your signature",
  PLACING: "being placed",
  STORED: "at full strength",
  DEGRADED: "not at full strength",
  LOST: "lost",
  ENDING: "ending",
  REMOVED: "removed",
  EXPIRED: "ended",
  ABANDONED: "undone",
};

export const packages = {
  title: "Packages",
  lead: "Each is a folder as it was when you stored it.",
  one: (id: string) => `Package ${id}`,
  columns: {
    name: "Package",
    state: "State",
    live: "Shards alive",
    bytes: "Size",
    files: "Files",
    created: "Made",
    expires: "Paid until",
  },
  empty: {
    title: "No packages yet",
    body: "A package is one folder, encrypted before it leaves your hands and kept by several providers. cairn put FOLDER stores one.",
    action: "Store a folder",
  },
  nothingSo: { title: "No package is in this state", body: "Others may be.", clear: "Show all packages" },
  filter: "State",
  filters: {
    all: "All that go on",
    STORED: "At full strength",
    "DEGRADED,LOST": "Not at full strength",
    "RECEIVING,COMMITTING,COMMITTED,PLACING": "Not stored yet",
    gone: "Also those that ended",
  },
  states: STATES,
  /** Of the weakest piece. */
  alive: (live: number, full: number) => `${live} of ${full}`,
  tabs: {
    safety: "Safety",
    files: "Files",
    copies: "Copies",
    deals: "Deals",
    proofs: "Proofs",
    checks: "Checks",
    money: "Money",
    certificate: "Certificate",
    asks: "Who was asked",
  },
  tabsLabel: "About this package",
  facts: {
    shards: "Shards alive",
    size: "Size",
    files: "Files",
    created: "Made",
    stored: "Stored",
    expires: "Paid until",
    now: "Can be read now",
    id: "Id",
    root: "Root",
    pieces: "Pieces",
    layout: "Kept as",
    encryption: "Encryption",
  },
  shardsNote: (needed: number) => `any ${needed} give every file back`,
  never: "not yet",
  made: (when: string) => `begun ${when}`,
  layouts: {
    private: "encrypted, names too",
    plain: "contents encrypted, names not",
    unencrypted: "not encrypted",
    car: "a CAR as it is",
  } as Record<string, string>,
  public: "Everybody at this gateway may read it.",
  hot: "Its pieces stay at this gateway, too.",
  piece: (n: number) => `Piece ${n}`,
  pieceCid: "PieceCID",
  showPieces: (count: number) => `Show the ${counted(count, "PieceCID")}`,
  moreOf: (count: number) => `and ${number(count)} more`,
  actions: {
    check: "Check now",
    rename: "Rename",
    remove: "Remove",
    undo: "Undo the upload",
    share: "Copy link",
    download: "Download",
    shared: "The link is copied. It opens for whoever logs in with this account.",
    notShared: (url: string) => `Copy it yourself: ${url}`,
  },
  /** What to do next, by state, where the API's own words name a command. */
  nexts: {
    RECEIVING: "Go on with it under Upload, or undo the upload on its page.",
    COMMITTED: "Go on with it under Upload.",
  } as Record<string, string>,
  sentence: {
    full: (full: number, needed: number) =>
      `All ${full} shards of every piece are alive and proved; any ${needed} of them give every file back.`,
    some: (live: number, full: number, needed: number) =>
      `${live} of ${full} shards of the weakest piece are alive; ${needed} are needed.`,
    lost: (live: number, needed: number) =>
      `It cannot be read now: ${live} of the ${needed} shards that are needed are alive.`,
  },
  rebuilding: {
    title: "What is being done",
    lead: (count: number) => `${counted(count, "shard")} of this package ${count === 1 ? "is" : "are"} not alive yet.`,
    none: "Nothing: every shard is alive.",
    where: (shard: number, piece: number) => `Shard ${shard} of piece ${piece}`,
  },
} as const;

/** What a shard's slot is doing. */
export const slots: Record<string, string> = {
  EMPTY: "looks for a provider",
  QUOTED: "has a quote",
  PROPOSED: "is handed over",
  RECEIPTED: "is there, first proof awaited",
  ACTIVE: "alive",
  HEALING: "is rewritten: it was damaged",
  ENDED: "ended",
};

export const naming = {
  locked: "Its name is encrypted to your key, and this page has not opened it. Unlock the key to read it.",
  foreign: "Another key than this browser's gave it its name.",
  cancel: "Cancel",
  unlock: "Unlock",
  bring: "Bring your key",
  rename: {
    title: "Rename the package",
    body: "Only the name changes: what is stored, and when it was, stays as it is. The gateway sees neither name.",
    field: "New name",
    act: "Rename",
    done: (name: string) => `It is called ${name} now.`,
    why: "The name is encrypted to your key.",
  },
} as const;

export const removing = {
  title: "Remove this package?",
  data: (files: number, size: number, shards: number) =>
    `${counted(files, "file")} with ${bytes(size)} will be gone: ${counted(shards, "shard")} may be deleted by the providers that keep them.`,
  money: (back: string, paid: string) =>
    `About ${back} coins that were set aside come back to your deposit; ${paid} have been paid for the time that it was kept.`,
  undo: "Until you press the button nothing happens. After that it cannot be undone: the end of the deals stands on the chain, and comes with the next period.",
  download: "What you still need, download first.",
  act: "Remove for good",
  why: "Ending deals is signed by the wallet that pays for them.",
  done: "Its deals end with the next period; what is left of the money comes back.",
  undoTitle: "Undo this upload?",
  undoBody: "Nothing of it is on the chain and nothing was paid. What was uploaded so far is deleted.",
  undoAct: "Undo the upload",
  undone: "The upload is undone. Nothing was paid.",
} as const;

export const safety = {
  title: "How safe is it?",
  week: "In each hour of the week",
  weekLead: "How likely it cannot be read, by the hours in which its providers are awake. Hours are UTC.",
  levels: ["under 1 in a million", "under 1 in 10,000", "under 1 in 100", "1 in 100 or more", "cannot be read"],
  days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
  daysLong: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
  asTable: "As a table",
  hours: (from: number, to: number) => `${String(from).padStart(2, "0")}:00–${String(to).padStart(2, "0")}:00`,
  columns: { when: "Hours, UTC", chance: "Cannot be read" },
  assumed: "What these figures stand on",
  holders: "Who keeps it",
  awake: "When its providers are awake",
  awakeLead: "Each line is a provider, each mark an hour of the week in which it is on duty.",
  notThere: (count: number, all: number) =>
    `${count} of its ${counted(all, "provider")} ${count === 1 ? "does" : "do"} not answer just now. What they keep is not lost: they are asked again each period, and rebuilt elsewhere if they stay silent.`,
  thereNow: "All of its providers answer just now.",
  none: "Nobody keeps anything of it yet.",
  noneNext: "How safe it is will stand here once its first shards are proved.",
  never: "never, by these figures",
  oneIn: (n: string) => `1 in ${n}`,
  lessThan: "less than 1 in a billion",
  always: "at any time",
} as const;

export const copies = {
  title: "Who keeps what",
  columns: {
    where: "Shard",
    state: "State",
    provider: "Provider",
    country: "Country",
    size: "Size",
    since: "Since",
    proved: "Last proved",
    checked: "Last check",
  },
  where: (shard: number, piece: number) => `${shard} of piece ${piece}`,
  silent: "alive, but silent",
  empty: {
    title: "Nobody keeps anything of it yet",
    body: "Each shard will stand here with its provider, since when it is there and when it was proved last.",
  },
  shards: (count: number) => counted(count, "shard"),
  there: "answers",
  away: "does not answer",
  hoursOf: (provider: string, region: string, hours: number) =>
    `${provider}, ${region}: on duty in ${hours} of 168 hours`,
} as const;
