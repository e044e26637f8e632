export const network = {
  title: "Network",
  lead: "Whom you rely on.",
  columns: {
    provider: "Provider",
    region: "Region",
    state: "State",
    deals: "Deals",
    used: "Used",
    capacity: "Offered",
    rating: "Rating",
    price: "Price a GiB and day",
  },
  empty: {
    title: "No provider yet",
    body: "A provider is a machine that keeps parts of packages for pay. `cairn provider` starts one.",
  },
  connected: "connected",
  away: "not connected",
} as const;
