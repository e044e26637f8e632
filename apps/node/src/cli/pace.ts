import { CairnError } from "@cairn/protocol/errors";

const UNITS = new Map(
  Object.entries<number>({
    "": 1,
    k: 1e3,
    m: 1e6,
    g: 1e9,
    ki: 1024,
    mi: 1_048_576,
    gi: 1_073_741_824,
  }),
);

/** Bytes a second of such as `500kB`, `2MiB` or `1000000`. Throws `bad-rate`. */
export function parseRate(text: string): number {
  const match = /^(\d{1,12}(?:\.\d+)?)\s*([kmg]i?)?b?$/i.exec(text.trim());
  const rate = Number(match?.[1]) * (UNITS.get((match?.[2] ?? "").toLowerCase()) ?? Number.NaN);
  if (rate >= 1) return rate;
  throw new CairnError(`"${text}" is not a rate`, {
    code: "bad-rate",
    kind: "input",
    next: "Give bytes a second, such as 500kB or 2MiB.",
  });
}
