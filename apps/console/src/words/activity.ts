export const activity = {
  title: "Activity",
  lead: "What happened to your packages, and on the network, the newest first.",
  severity: "How grave",
  severities: { all: "Everything", info: "Notes", warning: "Warnings", error: "Errors" },
  kind: "Kind",
  kindHint: "such as deal-active",
  package: "Package",
  older: "Older",
  newest: "The newest",
  empty: {
    title: "Nothing has happened yet",
    body: "Deals, proofs, repairs and everything else will stand here as sentences, with what to do where something is to be done.",
  },
  nothingSo: { title: "Nothing like this has happened", body: "No event is of this kind.", clear: "Show everything" },
} as const;
