import { counted } from "../format/number.ts";

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

export const overview = {
  title: "Overview",
  /** @param paidUntil UNIX seconds: when the first of them ends */
  sentence: (packages: number, full: number, lost: number, paidUntil?: number) => {
    if (packages === 0) return "Nothing is stored yet.";
    const until = paidUntil === undefined ? "" : `; paid until ${day.format(paidUntil * 1000)}`;
    if (full === packages) return `${counted(packages, "package")}, all at full strength${until}.`;
    const gone = lost > 0 ? `, ${lost} lost` : "";
    return `${counted(packages, "package")}: ${full} at full strength, ${packages - full - lost} on the way there${gone}${until}.`;
  },
  needs: "What needs you",
  calm: "Nothing does.",
  need: {
    more: (count: number) =>
      `${count} more ${count === 1 ? "thing needs" : "things need"} you: your packages say which.`,
    copy: "No copy of this browser's key was taken: what you store is lost with this browser.",
    copyNext: "Take a copy",
    deposit: "The deposit is empty: nothing new can be paid.",
    depositNext: "Add coins, and deposit them",
    expiring: (count: number) =>
      `${counted(count, "deal")} ${count === 1 ? "ends" : "end"} within 30 days. What is in them is kept until then, and no longer.`,
    expiringNext: "See which",
  },
  figuresTitle: "Figures",
  figures: {
    files: "Files",
    packages: "Packages",
    uniqueBytes: "Stored, once",
    copiesBytes: "Stored, all copies",
    deposit: "Deposit",
    coins: "Coins",
    held: "Money",
    locked: "Set aside for deals",
    paidForStorage: "Paid for storage",
    paidForRetrieval: "Paid for reading",
    providers: "Providers in use",
    dealsInProgress: "Deals in progress",
    dealsActive: "Active deals",
    dealsCompleted: "Deals completed",
    dealsFailed: "Deals failed",
    expiring7: "End within 7 days",
    expiring30: "End within 30 days",
    expiring365: "End within 365 days",
  },
  notes: {
    files: "in stored packages",
    packages: "stored",
    uniqueBytes: "encrypted, each piece counted once",
    copiesBytes: "what providers keep for you",
    held: "deposit and coins of all wallets",
    locked: "paid out as providers prove",
    paidForStorage: "to providers, so far",
    paidForRetrieval: "reading is free on this network",
    providers: "with an active deal",
    dealsInProgress: "proposed or active",
    dealsCompleted: "kept to their end",
    expiring30: "active deals",
  } as Record<string, string>,
  unknown: "…",
  exact: (value: string, unit: "count" | "bytes" | "coins") =>
    ({ count: value, bytes: `${value} B`, coins: `${value} wei` })[unit],
  chart: {
    title: (figure: string) => `${figure}: history`,
    close: "Close",
    step: "Step of the history",
    steps: { hour: "By hour, a week", day: "By day, a year" },
    empty: "No history yet: the first point comes within the hour.",
    label: (figure: string, points: number) =>
      `${figure} over time, ${counted(points, "point")}; the table below has each.`,
    span: (from: string, to: string) => `${from} – ${to}`,
    table: "As a table",
    when: "When",
    worth: (currency: string) => `Worth in ${currency}`,
  },
  fiat: {
    title: "What it is worth",
    none: (why: string) => `No prices of coins: ${why}.`,
    rate: (rate: string, of: string) => `One coin is ${rate}, as of ${of}.`,
    stale: "That price is stale since",
    currency: "Currency",
    chart: (currency: string, points: number) =>
      `Price of a coin in ${currency}, ${counted(points, "day")}; the table below has each.`,
    sources: "Sources",
  },
  types: {
    title: "Kinds of files",
    none: "This browser has no key: the kinds of your files are encrypted with their names.",
    locked: "The kinds of your files are encrypted with their names: only you can see them.",
    unlock: "Unlock to see them",
    why: "Names and kinds of your files are decrypted in this page.",
    empty:
      "The stored packages say nothing of the kinds of their files: they were made by an earlier version, or with another key.",
    type: "Kind",
    files: "Files",
    bytes: "Size",
    share: "Compared with the largest",
    other: "other or unknown",
  },
  expiring: {
    title: "What ends",
    deals: "Deals by their end",
    days: (days: number) => `Within ${days} days`,
    range: "In the days chosen here",
    from: "From",
    until: "Until",
  },
  recent: "Lately",
  all: "All activity",
  empty: {
    title: "Nothing is stored yet",
    body: "What you store will stand here with how safe it is, what it costs and when it ends. The first takes four steps.",
    action: "Store your first folder",
  },
} as const;
