import { CairnError } from "@cairn/protocol/errors";

const INTEGER = /^-?\d+$/;

/** The part of JSON that TypeScript's library does not know yet: numbers as they were written. */
const exact = JSON as unknown as {
  parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
};

/** JSON whose integers are of any size: bigints become numbers. */
export function stringifyExactly(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? exact.rawJSON(part.toString()) : part,
  );
}

/** JSON whose integers above 2^53 become bigints. Throws `heartbeat-bad-json`. */
export function parseExactly(text: string): unknown {
  try {
    return exact.parse(text, (_, value, { source }) =>
      typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source)
        ? BigInt(source)
        : value,
    );
  } catch (cause) {
    throw new CairnError("this is no JSON", {
      code: "heartbeat-bad-json",
      kind: "input",
      next: "Send the state or tag as it was given out.",
      cause,
    });
  }
}

/** A decoded number as an integer ≥ 0 of at most `most` bits; undefined for anything else. */
export function toNatural(value: unknown, most: number): bigint | undefined {
  const integer = Number.isSafeInteger(value) ? BigInt(value as number) : value;
  return typeof integer === "bigint" && integer >= 0n && integer >> BigInt(most) === 0n ? integer : undefined;
}
