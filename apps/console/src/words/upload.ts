import { bytes } from "../format/bytes.ts";
import { counted } from "../format/number.ts";
import { duration } from "../format/time.ts";

/** Words of the uploads themselves, which go on while other pages are shown. */
export const uploads = {
  severalFiles: "files",
  otherName: "Choose another name.",
  why: "Storing encrypts with your key and signs with your wallet.",
  whyBegun: "What this browser keeps of uploads is encrypted to your key.",
  continuing: (files: number, total: number, size: number) =>
    `It goes on where it was: ${files} of ${counted(total, "file")} (${bytes(size)}) had been sent.`,
  signedBefore: "You had agreed to it before: it is being placed, and nothing is paid twice.",
  dropping: "What was sent before does not fit any more (other files, or other terms), so it begins anew.",
  badge: {
    sending: (percent: number) => `Uploading ${percent} %`,
    several: (count: number, percent: number) => `${count} uploads, ${percent} %`,
    answer: (count: number) =>
      count === 1 ? "An upload waits for your answer" : `${count} uploads wait for your answer`,
    placing: (count: number) => (count === 1 ? "1 upload is being placed" : `${count} uploads are being placed`),
  },
  drop: "Drop to store it",
  dropHint: "It is encrypted in this browser before anything is sent.",
} as const;

/** The first few of many, and how many more there are. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}

/** More names than this make a sentence that nobody reads. */
const NAMED = 5;

export const upload = {
  title: "Upload",
  lead: "A folder is encrypted here, then kept by several providers. You see the price before you agree to it.",
  pick: {
    title: "What shall be stored?",
    hint: "Drop a folder or files anywhere on this page, or choose:",
    folder: "Choose a folder",
    files: "Choose files",
    private:
      "Names and contents are encrypted before they leave this browser: neither the gateway nor a provider can read them.",
  },
  there: {
    title: "From the gateway's machine",
    lead: "The gateway reads a folder of its own machine and encrypts it to your key. It sees names and contents while it does, as it could before; what it stores, only you can open.",
    locked: "It does so only while one of your vaults is open.",
    unlock: "Open a vault",
    folders: "Folders",
    up: "Up",
    choose: (path: string) => `Store ${path}`,
    empty: "Nothing is in it that can be chosen by itself.",
    left: (count: number) => `${counted(count, "entry", "entries")} not shown.`,
    file: (name: string, size: number) => `${name}, ${bytes(size)}`,
  },
  noKey: {
    title: "First, a key",
    body: "What you store is encrypted to a key that only you have. Making one takes a minute.",
    action: "Set up key and wallet",
  },
  waiting: {
    title: "Waiting for their folder",
    locked: (count: number) =>
      `${counted(count, "upload")} ${count === 1 ? "was" : "were"} begun in this browser and ${count === 1 ? "waits" : "wait"} for ${count === 1 ? "its" : "their"} folder.`,
    unlock: "Unlock to see",
    body: (name: string) => `${name} was begun and not finished.`,
    next: "What was sent is kept for a day. Nothing was paid.",
    goOn: "Continue",
    again: "Pick it again",
    drop: "Drop it",
    goesOn:
      "An upload of this name waits for its folder. This goes on with it: what was sent is not sent again where it is the same.",
  },
  placing: "Being placed",
  files: (files: number, size: number) => `${counted(files, "file")}, ${bytes(size)}`,
  found: (files: number, folders: number, size: number) =>
    `${counted(files, "file")} in ${counted(folders, "folder")}, ${bytes(size)}`,
  untold:
    "Browsers do not tell of symbolic links, of what may be run, and of times of folders. The command line keeps those, too: `cairn put`.",
  only: (files: number, size: number) => `${counted(files, "file")}, ${bytes(size)}`,
  kinds: {
    images: (files: number) => counted(files, "image"),
    videos: (files: number) => counted(files, "video"),
    audio: (files: number) => counted(files, "sound"),
    documents: (files: number) => counted(files, "document"),
    others: (files: number) => counted(files, "other"),
  },
  kind: (counted: string, size: number) => `${counted} (${bytes(size)})`,
  since: {
    gone: (names: readonly string[]) =>
      `${counted(names.length, "file")} that you picked ${names.length === 1 ? "is" : "are"} no longer there, and ${names.length === 1 ? "is" : "are"} left out: ${some(names)}.`,
    goneNext: "To store everything, put back what is missing and pick it again.",
    changed: (names: readonly string[]) =>
      `${counted(names.length, "file")} changed after you picked ${names.length === 1 ? "it, and is" : "them, and are"} stored as of now: ${some(names)}.`,
    added: (names: readonly string[]) =>
      `${counted(names.length, "file")} came after you picked, and ${names.length === 1 ? "is" : "are"} stored, too: ${some(names)}.`,
  },
  stages: {
    looking: "Looking at what is there…",
    queued: "Waits until one of the others is sent.",
    preparing: "Opening your key and wallet…",
    sending: "Encrypting and sending",
    committing: "The gateway computes what providers will be held to",
    quoting: "Asking providers for their price…",
    signing: "Signing…",
    reading: "All copies are proved. Reading random places back from their holders…",
    discarded: "Discarded: nothing was stored or paid, and what had been sent was dropped.",
    stopped: "Stopped: nothing was stored and nothing was paid.",
    stoppedNext: "What was sent is kept for a day, so that you can go on.",
    failed: "It could not be stored.",
  },
  away: "The gateway does not answer. It goes on by itself when it is back; you need do nothing.",
  name: "Name",
  nameHint: "Only you can read it. You can change it later.",
  days: "Keep it for (days)",
  daysHint: "You can end it earlier.",
  replace: "Replace what is stored under this name",
  replaceHint: "The old one ends once the new one is stored.",
  shape: (k: number, n: number) =>
    k === 1
      ? `${counted(n, "copy", "copies")}, each with another provider: one of them is enough to give everything back.`
      : `${n} parts, each with another provider: any ${k} of them give everything back.`,
  shapeChange: "Change how it is kept",
  start: "Encrypt and send",
  startNote: "You see the price before anything is paid.",
  cancel: "Leave it",
  stop: "Stop",
  goOn: "Continue",
  again: "Try again",
  dismiss: "Dismiss",
  open: "Open the package",
  offer: {
    title: "The price, before you agree",
    total: "You pay at most",
    packed: "What is stored for it",
    price: "Of that, for these providers",
    priceNote: "paid out bit by bit, against proof that they keep it",
    spare: "Held for a replacement",
    spareNote: "should a provider fail; what is not needed comes back",
    reserve: "Repair reserve",
    reserveNote: "for repairs; what is not needed comes back",
    balance: "Your deposit",
    after: "Left afterwards",
    month: "A month of it",
    until: "Paid until",
    valid: "These prices hold",
    providers: "Providers and their answers",
    chainNote:
      "Every quote was checked here against what you sent: content, length, price, time and signature. Whether its signer is the registered provider was not checked: a web page cannot reach the chain, as the command line does.",
    undo: "Until you agree, nothing is paid: discarding drops what was sent. Afterwards you can end it at any time; you then pay only for the time that was proved.",
    agree: "Agree and store",
    discard: "Discard",
    columns: {
      provider: "Provider",
      place: "Where",
      answer: "Answer",
      price: "Per GiB and month",
      holds: "Would keep",
    },
    chosen: "agreed to keep it",
    spareAnswer: "agreed, not needed now",
    refused: (reason: string) => `refused: ${reason}`,
    passed: (reason: string) => `not asked: ${reason}`,
    noReason: "no reason given",
    holds: (count: number) => counted(count, "part"),
  },
  slots: {
    title: "Its parts, as they are taken over",
    states: {
      EMPTY: "looking for a provider",
      QUOTED: "proposed: the provider has quoted, the deal is being written down",
      PROPOSED: "accepted: the data is being transferred",
      RECEIPTED: "transferred: the first proof is due",
      ACTIVE: "stored and proved",
      ENDED: "over",
    } as Record<string, string>,
    stage: "Handed over and proved",
    sentence: "You have agreed. The providers are taking it over; it goes on if you close this page.",
    counts: (count: number, state: string) => `${count} ${state}`,
    short: {
      EMPTY: "looking for a provider",
      QUOTED: "proposed",
      PROPOSED: "accepted, transferring",
      RECEIPTED: "transferred, proving",
      ACTIVE: "stored",
      ENDED: "over",
    } as Record<string, string>,
    waits: (count: number, cause: string) => `${counted(count, "part")}: ${cause}`,
  },
  stored: (name: string) => `${name} is stored: every copy is in place and proved.`,
  storedCost: (most: string, until: string) => `It costs at most ${most}, paid until ${until}.`,
  storedChecked: (places: number) => `${counted(places, "random place")} came back from providers as they were sent.`,
  took: (seconds: number) => `Handed over and proved in ${duration(seconds)}.`,
  kept: "Then try again: what was sent is kept for a day.",
  /** What to do about failures whose own words speak of the command line. */
  next: {
    "clocks-apart":
      "Set this machine's clock if it is wrong; if it is right, ask who runs this gateway. Then try again: what was sent is kept for a day.",
    "insufficient-funds":
      "Add coins to your deposit on the Wallets page, then try again: what was sent is kept for a day.",
    "quotes-lapsed": "Prices hold for a few minutes only. Try again: what was sent is kept, and is only quoted anew.",
    "too-few-providers": "Ask less of providers in Settings, or try again when more are connected.",
    "key-locked": "Try again, and unlock your key when you are asked.",
    "put-under-way": "Another tab stores under this name. Wait for it, or choose another name.",
    "network-changed": "Nothing was signed. Ask who runs this gateway why its network changed before you go on.",
    "put-broken-off": "Try again: it goes on with what was sent.",
    "put-unknown":
      "Look at Packages when the gateway answers: what was agreed is being placed, and is never paid twice.",
    "not-stored": "The package's page says what became of it.",
    "wallet-locked": "Open your vault on the Wallets page, then try again: it goes on with what was read.",
    overtaken:
      "Try again to put it in the other's place; or look at both under Packages, where each can be renamed or removed.",
    "gateway-lies": "Nothing was signed. Do not trust this gateway: check which one it is, and report it.",
  } as Record<string, string>,
  wallets: "Go to Wallets",
  settings: "Go to Settings",
} as const;
