export const settings = {
  title: "Settings",
  lead: "What each package is stored by unless it says otherwise.",
  facts: { k: "Shards that give a package back", n: "Shards of each piece", days: "Days" },
  asNetwork: (value: number | undefined) =>
    value === undefined ? "as the network has it" : `${value}, as the network has it`,
} as const;
