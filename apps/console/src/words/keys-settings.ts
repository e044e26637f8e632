export const keysSettings = {
  title: "Keys",
  lead: "What opens and signs for your packages. A key made here stays in this browser, and the gateway never has it.",
  browser: "In this browser",
  wallets: {
    title: "Where the keys of your wallets are",
    columns: { wallet: "Wallet", kind: "Its key", state: "Now" },
    kinds: {
      client: "With you: in a browser, or at the command line",
      vault: "At the gateway, encrypted to your key",
      custodial: "At the gateway, which signs up to a limit a day",
    },
    locked: "Locked",
    open: "Open until",
    always: "Signs at any time",
    yours: "Signs where its key is",
    lock: "Lock",
    empty: "No wallet is there yet.",
  },
} as const;
