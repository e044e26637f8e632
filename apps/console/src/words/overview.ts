import { counted } from "../format/number.ts";

export const overview = {
  title: "Overview",
  sentence: (packages: number, full: number, lost: number) =>
    packages === 0
      ? "Nothing is stored yet."
      : full === packages
        ? `${counted(packages, "package")}, all at full strength.`
        : `${counted(packages, "package")}: ${full} at full strength, ${packages - full - lost} on the way there${lost > 0 ? `, ${lost} lost` : ""}.`,
  needs: "What needs you",
  calm: "Nothing does.",
  figures: {
    packages: "Packages",
    stored: "Stored",
    deals: "Active deals",
    providers: "Providers connected",
    balance: "Deposit",
    proved: "Last verdict",
  },
  of: (part: number, whole: number) => `${part} of ${whole}`,
  verdict: (proved: number, missed: number) => `${proved} proved, ${missed} missed`,
  recent: "Lately",
  all: "All activity",
  empty: {
    title: "Nothing is stored yet",
    body: "What you store will stand here with how safe it is, what it costs and when it ends. The first takes three steps.",
    action: "Store your first folder",
  },
} as const;
