import { counted } from "../format/number.ts";

export const keys = {
  none: {
    title: "No key in this browser",
    body: "Here will stand your key and wallet, with a copy to download.",
    action: "Set up key and wallet",
  },
  lamp: {
    locked: "Locked",
    open: (left: string) => `Unlocked ${left}`,
    lockedHint: "Your key is locked. It is asked for when something needs it.",
    openHint: "Your key is open in this page. It locks by itself when it was not used for this long.",
    none: "No key",
    noneHint: "This browser has no key yet",
  },
  locked: "The key is locked.",
  lockedNext: "It is asked for when something needs it.",
  open: (left: string) => `The key is open in this page, and locks by itself in ${left} unless it is used.`,
  lock: "Lock now",
  unlock: "Unlock",
  ask: {
    title: "Unlock your key",
    passphrase: "Passphrase",
    cancel: "Not now",
  },
  facts: {
    owner: "Key",
    fingerprint: "Fingerprint",
    wallet: "Wallet",
    saved: "Copy taken",
  },
  notSaved: "Not yet: without a copy, what you store is lost with this browser.",
  minutes: "Lock when not used for",
  minute: (count: number) => counted(count, "minute"),
  forget: {
    action: "Remove from this browser",
    title: "Remove the key from this browser?",
    body: "Without a copy of it, nobody can read what you have stored, you included. What is stored stays stored and paid.",
    word: "remove",
  },
} as const;

export const backup = {
  title: "Take a copy",
  body: "If this browser's data is cleared, only a copy gives back what you stored. Keep the files where you keep what matters.",
  file: "Account file",
  fileBody:
    "Key, wallet and names in one file, under a passphrase. Another browser imports it here. What you made in this browser comes to the command line by it: `cairn key import FILE`, before the first `cairn put`.",
  fileAction: "Download the account file",
  passphrase: "Passphrase of the file",
  passphraseHint: "At least 8 characters. It may be the key's own.",
  key: "OpenPGP key alone",
  keyBody:
    "Armoured, under the key's own passphrase; gpg --import reads it. It decrypts what you stored, and pays nothing.",
  keyAction: "Download the OpenPGP key",
  revocation: "Revocation certificate",
  revocationBody:
    "Says to others that the key is not to be used any more, should it be stolen. Keep it apart from the key.",
  revocationAction: "Download the certificate",
  why: "A copy is made with the open key.",
} as const;

export const welcome = {
  title: "Store your first folder",
  lead: "Four steps. Each can be skipped, and done later.",
  steps: "Steps",
  step: (number: number, name: string, done: boolean) => `${number}. ${name}${done ? " ✓" : ""}`,
  names: { key: "Key", wallet: "Wallet", phrase: "Recovery phrase", folder: "Folder" },
  skip: "Skip the guide",
  next: "Next",
  back: "Back",
  key: {
    title: "A key that only you have",
    body: "Your folders are encrypted to it in this browser. Nobody else has it, so nobody can give it back to you: choose a passphrase that you will remember.",
    make: "Make a new key",
    have: "I have a key",
    words: "I have 24 words",
    name: "Your name",
    nameHint: "Stands in the key. Any name will do.",
    email: "E-mail (may be left out)",
    passphrase: "Passphrase",
    passphraseHint: "At least 8 characters; several words that do not belong together are best.",
    again: "Passphrase again",
    differ: "The two are not the same.",
    submit: "Make the key",
    file: "Key file",
    fileHint: "A file of `cairn key export`, or an OpenPGP secret key (armoured or binary, as gpg exports it).",
    filePassphrase: "Its passphrase",
    filePassphraseHint: "Of a file that has none: the passphrase that it shall have in this browser.",
    noFile: "Choose the file first.",
    import: "Import the key",
    done: (user: string) => `Your key is in this browser: ${user}.`,
    elsewhere: (address: string) => `This account has a wallet already: ${address}.`,
    elsewhereNext:
      "It was made elsewhere, with the command line or another browser. To see names and get files back that were stored there, import its key here: `cairn key export FILE` writes it.",
  },
  wallet: {
    title: "A wallet that pays for it",
    body: "Providers are paid from a deposit, bit by bit, and only while they prove that they keep your data. Your wallet was made with the key.",
    address: "Address",
    deposit: "Deposit",
    claim: "Use this wallet",
    claiming: (faucet: boolean) =>
      `The wallet signs that it is this account's${faucet ? ", and the network's faucet fills it" : ""}.`,
    ready: "The wallet is yours and has a deposit.",
    empty: "The wallet is yours. Its deposit is empty.",
    emptyNext: "Send coins to its address; the Wallets page shows how, and when they arrive.",
    deposits: "How to add coins",
    why: "Your wallet signs that it is yours.",
  },
  phrase: {
    first: "The phrase is paid by a wallet: the step before makes one ready.",
    later: "Later",
  },
  folder: {
    title: "Drop a folder",
    body: "It is encrypted here, then sent. You see the price before you agree.",
  },
} as const;
