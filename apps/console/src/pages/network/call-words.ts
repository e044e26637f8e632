import { type Said, chain as words } from "../../words/chain.ts";

interface Call {
  to: string | null;
  contract: string | null;
  method: string | null;
  amount: string;
}

/** What a call does, in a few words. */
export function callWords({ to, contract, method, amount }: Call): string {
  if (to === null) return words.call.creates;
  if (contract === null) return amount === "0" ? words.call.foreign : words.call.sends;
  return method === null ? words.call.unread(contract) : (words.methods[method] ?? method);
}

/** What an event says, as a sentence; null: it is none of Cairn's. */
export function eventWords(event: {
  name: string | null;
  arguments: readonly { name: string; value: string }[];
}): string | null {
  if (event.name === null) return null;
  const said: Said = new Map(event.arguments.map(({ name, value }) => [name, value]));
  return words.events[event.name]?.(said) ?? event.name;
}
