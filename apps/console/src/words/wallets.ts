export const wallets = {
  title: "Wallets",
  lead: "What pays for storing.",
  deposit: "Deposit",
  coins: "Coins",
  columns: { name: "Name", address: "Address", kind: "Kind", made: "Made" },
  standard: "(default)",
  empty: {
    title: "No wallet yet",
    body: "A wallet is a key that holds funds. The first `cairn put` makes one; the faucet of a trial network fills it.",
  },
} as const;
