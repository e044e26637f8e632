import { exactCoins } from "../format/exact-coins.ts";
import { counted } from "../format/number.ts";

export const phrase = {
  title: "Recovery phrase",
  body: "24 words on paper that bring key, wallets, settings and packages back on an empty machine. What they open is stored encrypted, as a small package of its own, and paid by your wallet.",
  none: "There is no recovery phrase in this browser yet.",
  noneNext: "Make one, or keep the account file where you keep what matters.",
  made: "Your account has a recovery phrase. Its words are kept nowhere.",
  make: "Make the recovery phrase",
  replace: "Make other words",
  replaceTitle: "Make other words?",
  replaceBody: "The words that you have now bring nothing back any more, once you have written down the new ones.",
  unwritten: "Your account has a recovery phrase, and nobody has said that its words are on paper.",
  unwrittenNext: "Where you have them, check them below. Where you have not, make other words.",
  earlier: "Earlier words still bring your account back.",
  earlierNext: "Their bundle ends when you have the words of this phrase checked.",
  why: "The recovery phrase stands for your key and wallet.",
  working: "What the words bring back is made ready and quoted…",
  storing:
    "It is being stored, and then read back as an empty machine would. The words follow: that takes some seconds to minutes.",
  noting: "It is noted that they are written down, and what earlier words brought back ends…",
  cost: (most: bigint, copies: number, days: number) =>
    `It takes at most ${exactCoins(most)} coins from your wallet, for ${counted(copies, "copy", "copies")} over ${days} days. What is not used stays in the deposit of the phrase.`,
  agree: "Store it for that",
  discard: "Not now",
  shown:
    "Write these words down, in their order, and keep the paper where you keep what matters. They are shown this once.",
  shownNext: "Whoever has them can read, spend and remove all that is yours.",
  list: "The 24 words",
  contract:
    "The network's contract, to be written beside them: it is no secret, and an empty machine finds the network by it.",
  written: "I have written them down",
  back: "On an empty machine they bring everything back: in a browser by the guide, “I have 24 words”; with the command line by `cairn recover --phrase`.",
  check: {
    title: "Check what you wrote",
    label: "The 24 words, as they stand on the paper",
    action: "Check",
    good: "The words are right.",
  },
  another: "these words are a recovery phrase, and not this account's",
  anotherNext: "Look for the paper of the phrase that was made last.",
  state: {
    action: "Look whether it is up to date",
    stored: "Stored",
    ends: "Ends",
    endsNote: "nothing renews it by itself",
    copies: "Copies",
    copiesOf: (live: number, full: number) => `${live} of ${full}`,
    fresh: "It is up to date.",
    changed: (what: readonly string[]) => `Changed since then: ${what.join(", ")}.`,
    changedNext: "Until it is stored anew, the words bring back what was before.",
    names: { keys: "keys", wallets: "wallets", settings: "settings", names: "names of packages" },
    update: "Store it as it is now",
    updated: "The recovery phrase brings back your account as it is now.",
  },
  noBundleNext: "Store it as it is now.",
  noPhraseNext: "Make one on the page of your keys.",
} as const;

export const restore = {
  body: "The words bring back key, wallets, settings and packages, from what the providers hold. This browser may be any browser, the gateway any gateway of that network.",
  written: "The 24 words, as they stand on the paper",
  passphrase: "Passphrase in this browser",
  passphraseHint: "At least 8 characters: a new one, or that of before.",
  action: "Bring it all back",
  looking: "Looking for what the words open…",
  bringing: (done: number) =>
    done === 0 ? "Bringing back wallets, settings and packages…" : `Bringing back: ${counted(done, "package")} so far…`,
  holding: "Putting the key into this browser…",
  done: (wallets: number, packages: number) =>
    `Back: your key, ${counted(wallets, "wallet")} and ${counted(packages, "package")}.`,
  stored: "As it was stored for the words",
  storedNote: "Where you remember a later time, ask another gateway of the network.",
  failed: (count: number, first: string) => `${counted(count, "package")} could not be brought back: ${first}`,
  failedNext:
    "Most often their providers are away: remove the key from this browser later, on the page of your keys, and enter the words again.",
  settings: (why: string) => `The settings are not as they were: ${why}`,
} as const;
