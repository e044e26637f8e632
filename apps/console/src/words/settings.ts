import { counted, number } from "../format/number.ts";

const FREQUENCIES = new Map([
  ["never", "Never"],
  ["once", "Once"],
  ["each", "Each time"],
  ["daily", "Daily"],
  ["weekly", "Weekly"],
  ["monthly", "Monthly"],
]);
const EVERY = new Map([
  ["daily", "a day"],
  ["weekly", "a week"],
  ["monthly", "a month"],
  ["once", "in all"],
]);
const every = (frequency: string) => EVERY.get(frequency) ?? frequency;

export const settings = {
  title: "Settings",
  lead: "How your packages are stored, what you are told of, and who has access.",
  tabs: {
    label: "Kinds of settings",
    storing: "Storing",
    notices: "Notices",
    schedules: "Checks",
    display: "Display",
    keys: "Keys",
    account: "Account",
  },
  frequency: (one: string) => FREQUENCIES.get(one) ?? one,
} as const;

export const storing = {
  lead: "Every package is stored by these settings unless its upload says otherwise. Packages that are stored keep those that they were stored with.",
  price: {
    title: "Maximum price",
    label: "Most that a provider may ask, in CAIRN per GiB and month",
    placeholder: "no maximum",
    what: "Providers that ask more are never chosen.",
    range: (least: string, most: string) =>
      least === most ? `All ask ${least} CAIRN.` : `They ask from ${least} to ${most} CAIRN.`,
    leavesOut: (out: number, of: number) =>
      out === 0
        ? `Nobody of ${of} asks more.`
        : `${out} of ${counted(of, "provider")} ${out === 1 ? "asks" : "ask"} more.`,
  },
  copies: {
    title: "Copies",
    label: "How it is kept",
    what: "Each copy or shard lies with another provider.",
    shapes: { network: "As the network has it", copies: "Whole copies", shards: "Shards: any k of n" },
    copies: "Number of copies",
    k: "Shards that give it back (k)",
    n: "Shards in all (n)",
    ofCopies: (n: number) =>
      n === 1
        ? "One copy: if its provider fails, the data is lost."
        : `Any one of ${n} providers gives everything back: ${n - 1} can be lost. It takes ${n} times the space.`,
    ofShards: (k: number, n: number) =>
      `Any ${k} of ${n} providers give everything back: ${n - k} can be lost. It takes ${number(Math.round((100 * n) / k) / 100)} times the space.`,
  },
  where: {
    title: "Countries",
    label: "Where copies may lie",
    what: "A country is what a provider says of itself; nobody proves it.",
    wheres: { any: "Anywhere", some: "All in some countries", each: "Each copy in a country of its own choice" },
    add: "Add a country",
    choose: "Choose…",
    here: "With providers (how many)",
    others: "Other countries",
    copy: (at: number, copies: boolean) => `Country of ${copies ? "copy" : "shard"} ${at}`,
    remove: (name: string) => `Remove ${name}`,
    leavesOut: (out: number) =>
      out === 0 ? "No provider is left out by this." : `${counted(out, "provider")} left out by this.`,
    spread: (spread: string) => `Providers are in ${spread}.`,
    nowhere: "no country that they name",
  },
  length: {
    title: "Length of deals",
    what: "How long providers are paid to keep a package.",
    days: "Usual length, in days",
    minDays: "Minimum length, in days",
    asNetwork: (days: number) => `${days} (the network's)`,
    noMinimum: "no minimum",
    is: (days: number, least: number) =>
      `An upload that says nothing is kept for ${counted(days, "day")}.${least > 0 ? ` One for less than ${counted(least, "day")} is refused.` : ""}`,
  },
  renew: {
    title: "Automatic renewal",
    label: "Renew packages before they end",
    what: "Your wish is kept.",
    notYet: "Nothing is renewed by itself yet: watch the expiry notices, and store a package again before it ends.",
  },
  expiry: {
    title: "Expiry notices",
    label: "How often you are told that a deal ends",
    days: "Days before its end",
    what: "One notice for each deal and period.",
    is: (deals: number, days: number, frequency: string) =>
      frequency === "never"
        ? `You are not told. ${counted(deals, "deal")} end within ${counted(days, "day")}.`
        : `${counted(deals, "deal")} ${deals === 1 ? "ends" : "end"} within ${counted(days, "day")}${deals === 0 ? ": nothing to tell of now." : `: one notice for each ${every(frequency)}.`}`,
  },
  balance: {
    title: "Balance notices",
    low: "How often you are told of a low balance",
    threshold: "Low is below, in CAIRN",
    report: "How often you are told what each wallet has",
    what: "Deposit and coins of a wallet count together; one notice for each wallet and period.",
    isLow: (names: string, frequency: string) =>
      `${names} ${names.includes(" and ") ? "have" : "has"} less now${frequency === "never" ? ", and you are not told" : `: one notice ${every(frequency)}`}.`,
    isEnough: "Every wallet has more now.",
    and: (names: readonly string[]) => names.join(" and "),
  },
  providers: {
    title: "Allowed and blocked providers",
    what: "Where you allow some, nobody else is asked. Blocked ones are never asked.",
    open: (out: number) =>
      out === 0 ? "Every provider may be asked." : `Every provider may be asked but ${out} that you block.`,
    only: (of: number) =>
      `Only ${of === 1 ? "the one provider" : `the ${of} providers`} that you allow ${of === 1 ? "is" : "are"} asked.`,
    columns: {
      provider: "Provider",
      country: "Country",
      price: "Per GiB and month",
      score: "Score",
      now: "With these settings",
      rule: "Rule",
    },
    rules: { none: "May be asked", allowed: "Allowed", blocked: "Blocked" },
    ruleOf: (provider: string) => `Rule for ${provider}`,
    qualifies: "Qualifies",
    first: "Qualifies, and would be asked first",
    gone: "Not registered now.",
    empty: {
      title: "No providers yet",
      body: "Providers that register on the network will stand here, with what each asks.",
    },
    minScore: "Least score, in percent",
    anyScore: "any",
    rank: "Who comes first",
    ranks: { score: "The best score", price: "The lowest price" },
  },
  wallets: {
    title: "Wallets that pay",
    what: "The first with enough deposited pays. A wallet whose key is locked is passed over.",
    unset: "No order is set: the default wallet pays.",
    noWallet: "This account has no wallet yet.",
    add: "Add a wallet",
    choose: "Choose…",
    up: (name: string) => `Pay earlier with ${name}`,
    down: (name: string) => `Pay later with ${name}`,
    remove: (name: string) => `Do not pay with ${name}`,
    deposited: "deposited",
    pays: (name: string) => `${name} would pay such an upload now.`,
    nobodyPays: "None of them has enough deposited for such an upload now.",
    unknown: "Not among your wallets any more.",
  },
  preview: {
    title: "What an upload would meet now",
    size: "Size of the upload",
    sizes: { "1073741824": "1 GiB", "10737418240": "10 GiB", "107374182400": "100 GiB", "1099511627776": "1 TiB" },
    price: (days: number) => `for ${counted(days, "day")}`,
    between: (least: string, most: string) => `from ${least} to ${most} with other providers`,
    unknown: "There is no price while they are too few.",
    needed: (needed: number) => `${counted(needed, "provider is", "providers are")} needed for each piece.`,
    uncovered: (hours: number) => `In ${counted(hours, "hour")} of the week too few of them are awake to read it.`,
    always: "Enough of them are awake in every hour of the week.",
    unasked: "Mend what is marked below to see what it comes to.",
  },
  save: "Save",
  discard: "Discard",
  reset: "Reset to the network's defaults",
  resetHint: "The form now has the network's defaults. Nothing changes until you save.",
  unsaved: (count: number) => `${counted(count, "setting")} changed and not saved.`,
  saved: (version: number) => `Saved. Uploads from now on go by it (version ${version}).`,
  upToDate: "Everything is saved.",
  toast: "Settings saved",
  number: "Give a number.",
  coins: "Give a number of coins, such as 0.5.",
  chooseCountries: "Add a country, or choose “Anywhere”.",
  chooseEach: "Choose a country for each.",
  changedBelow: "The settings were changed elsewhere while you looked. What you see is the newest.",
  conflict: {
    title: "Somebody else changed the settings",
    body: "They were saved elsewhere, such as in another browser, since you opened this page. Nothing of yours is saved yet.",
    yours: "Yours",
    theirs: "Theirs",
    setting: "Setting",
    same: "They differ in nothing that stands in this form.",
    takeTheirs: "Take theirs",
    keepMine: "Keep mine",
    keepHint: "“Keep mine” saves what you changed over theirs; what you did not touch stays as they saved it.",
  },
  names: {
    maxPrice: "Maximum price",
    shape: "How it is kept",
    copies: "Copies",
    k: "Shards that give it back",
    n: "Shards in all",
    where: "Where copies may lie",
    countries: "Countries",
    each: "Country of each copy",
    days: "Usual length",
    minDays: "Minimum length",
    renew: "Automatic renewal",
    allowed: "Allowed providers",
    blocked: "Blocked providers",
    minScore: "Least score",
    rank: "Who comes first",
    wallets: "Wallets that pay",
    expiry: "Expiry notices",
    expiryDays: "Days before a deal ends",
    low: "Low balance notices",
    balance: "Balance reports",
    threshold: "Low balance",
  },
  none: "none",
  on: "on",
  off: "off",
} as const;
