export const keysSettings = {
  title: "Keys",
  lead: "What opens and signs for your packages. Keys are made and kept in this browser; the gateway never has them.",
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
  phrase: {
    title: "Recovery phrase",
    body: "Twenty-four words that restore account, wallets and catalogue on an empty machine.",
    state: "Not made here yet.",
    next: "Until then keep a backup: `cairn backup`, and `cairn key export` for the key alone.",
  },
} as const;
