export const deals = {
  title: "Deals",
  lead: "Every agreement with a provider on one shard.",
  columns: {
    deal: "Deal",
    state: "State",
    provider: "Provider",
    package: "Package",
    size: "Size",
    price: "Escrow",
    ends: "Ends",
  },
  empty: {
    title: "No deals yet",
    body: "When you store a folder, each provider that keeps a part of it makes one deal with you: for how long, for how much, and with a proof every period.",
  },
} as const;
