import { CairnError } from "@cairn/protocol/errors";

const UNITS = new Map(
  Object.entries<bigint>({
    B: 1n,
    KB: 10n ** 3n,
    MB: 10n ** 6n,
    GB: 10n ** 9n,
    TB: 10n ** 12n,
    KIB: 1n << 10n,
    MIB: 1n << 20n,
    GIB: 1n << 30n,
    TIB: 1n << 40n,
  }),
);

/** Sizes such as 500GB, 2TiB, 1000000. Throws `bad-input`. */
export function parseSize(text: string): bigint {
  const match = /^(\d{1,15})\s*([A-Za-z]{0,3})$/.exec(text.trim());
  const unit = UNITS.get((match?.[2] || "B").toUpperCase());
  if (match?.[1] !== undefined && unit !== undefined) return BigInt(match[1]) * unit;
  throw new CairnError(`"${text}" is not a size`, {
    code: "bad-input",
    kind: "input",
    next: "Write it like 500GB or 2TiB.",
  });
}
