import { printable } from "@cairn/core/printable";
import { CairnError } from "@cairn/protocol/errors";

const show = (value: unknown): string => {
  const text = typeof value === "string" ? value : typeof value === "bigint" ? value.toString() : JSON.stringify(value);
  return printable((text ?? "nothing").slice(0, 200));
};

/** One thing that the gateway says, and what the owner's side knows of it. */
export type Expectation = readonly [field: string, offered: unknown, known: unknown];

/** Throws `gateway-lies` (details: field, offered, known) at the first that differs. */
export function expectEqual(expectations: Iterable<Expectation>, consequence: string): void {
  for (const [field, offered, known] of expectations)
    if (offered !== known) throw lie(field, offered, known, consequence);
}

export function lie(field: string, offered: unknown, known: unknown, consequence: string): CairnError {
  return new CairnError(`the gateway says that ${field} is ${show(offered)}, but it is ${show(known)}`, {
    code: "gateway-lies",
    kind: "corrupt",
    details: { field, offered: show(offered), known: show(known) },
    next: `${consequence} Check which gateway this is, and report it.`,
  });
}
