/** Where what was typed leads. */
export type Found =
  | { to: "block"; number: string }
  | { to: "transaction"; hash: string }
  | { to: "provider"; provider: string }
  | { to: "contracts" }
  | { to: "deals"; search: string }
  | { to: "nowhere"; address: string }
  | undefined;

interface Known {
  /** What the chain has of a hash; undefined: nothing. */
  hash(hash: string): Promise<{ kind: "block" | "transaction"; block: number } | undefined>;
  isProvider(address: string): Promise<boolean>;
  isContract(address: string): Promise<boolean>;
  isDeal(id: string): Promise<boolean>;
}

/** A block by its number or hash, a transaction, a provider, a contract or a deal of one's own. Undefined: it is nothing of these. */
export async function find(typed: string, known: Known): Promise<Found> {
  const text = typed.trim().replaceAll(/[\s,]/g, "").toLowerCase();
  if (/^\d{1,15}$/.test(text)) return { to: "block", number: String(Number(text)) };
  if (/^0x[0-9a-f]{40}$/.test(text)) {
    if (await known.isProvider(text)) return { to: "provider", provider: text };
    return (await known.isContract(text)) ? { to: "contracts" } : { to: "nowhere", address: text };
  }
  if (!/^0x[0-9a-f]{64}$/.test(text)) return undefined;
  const found = await known.hash(text);
  if (found?.kind === "transaction") return { to: "transaction", hash: text };
  if (found?.kind === "block") return { to: "block", number: String(found.block) };
  return (await known.isDeal(text)) ? { to: "deals", search: text } : undefined;
}
