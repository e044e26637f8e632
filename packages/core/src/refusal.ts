import { CairnError } from "@cairn/protocol";
import type { SubmissionResult } from "./ports/ledger.ts";

/** Whether an error is a contract's refusal: it holds now and later, unlike a chain that is away or coins that are missing. */
export function isRefusal(error: unknown): error is CairnError {
  return error instanceof CairnError && error.code === "reverted";
}

/**
 * Send a transaction. Resolves with the contract's refusal, whether the node foresaw it or the transaction was mined in vain; with undefined
 * when the contract took it.
 * @throws CairnError whatever is not the contract's word: the chain is away, coins are missing, the process stops
 */
export async function submitRefusal(send: () => Promise<SubmissionResult>): Promise<CairnError | undefined> {
  try {
    const { ok, revert } = await send();
    if (ok) return undefined;
    return new CairnError(revert ?? "no reason given", { code: "reverted", kind: "conflict" });
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

/**
 * Send one transaction about all items; where the contract refuses it, one about each in turn, so that a bad one holds up none of the others.
 * `stillOpen` leaves out what needs no transaction any more; it is asked after the common refusal. Resolves with the items that were refused by
 * themselves.
 * @throws CairnError as submitRefusal, and what `stillOpen` throws; what was sent before stays sent
 */
export async function sendForEach<T>(
  items: readonly T[],
  send: (items: readonly T[]) => Promise<SubmissionResult>,
  stillOpen: (items: readonly T[]) => Promise<readonly T[]> = async (all) => all,
): Promise<{ item: T; refusal: CairnError }[]> {
  const [first] = items;
  if (first === undefined) return [];
  const refusal = await submitRefusal(() => send(items));
  if (refusal === undefined) return [];
  if (items.length === 1) return [{ item: first, refusal }];
  const alone: { item: T; refusal: CairnError }[][] = [];
  for (const item of await stillOpen(items)) alone.push(await sendForEach([item], send));
  return alone.flat();
}
