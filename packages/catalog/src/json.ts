import { plainText } from "@cairn/protocol";

/** JSON for a jsonb column: bigint as a decimal string, and each text one that the database takes. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return inner.toString();
    return typeof inner === "string" ? plainText(inner) : inner;
  });
}
