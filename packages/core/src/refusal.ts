import { CairnError, ProviderRefusal } from "@cairn/protocol";
import { inBatches } from "./in-batches.ts";
import type { SubmissionResult } from "./ports/ledger.ts";

/** Whether an error is a contract's refusal: it holds now and later, unlike a chain that is away or coins that are missing. */
export function isRefusal(error: unknown): error is CairnError {
  return error instanceof CairnError && error.code === "reverted";
}

/** What keeps this process from asking a provider, or from knowing what its answer is worth. */
const OWN_TROUBLE: ReadonlySet<string> = new Set(["chain-unreachable", "stopping"]);

/** Whether what asking a provider ended with is this process's own trouble: never what the provider itself says, whatever code it chose. */
export function isOwnTrouble(error: unknown): boolean {
  if (error instanceof ProviderRefusal) return false;
  return !(error instanceof CairnError) || OWN_TROUBLE.has(error.code);
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
 * Send one transaction about all items; where the contract refuses it, one about each half, and so on, so that a bad one holds up none of the
 * others. All halves of one size are sent together: bad ones among n items cost no more than log2 n blocks, however many they are.
 * `stillOpen` leaves out what needs no transaction any more; it is asked after the common refusal, and what it leaves is sent together first.
 * Resolves with the items that were refused by themselves.
 * @throws CairnError as submitRefusal, and what `stillOpen` throws; what was sent before or with it stays sent
 */
export async function sendForEach<T>(
  items: readonly T[],
  send: (items: readonly T[]) => Promise<SubmissionResult>,
  stillOpen: (items: readonly T[]) => Promise<readonly T[]> = async (all) => all,
): Promise<{ item: T; refusal: CairnError }[]> {
  const alone: { item: T; refusal: CairnError }[] = [];
  let groups: (readonly T[])[] = items.length === 0 ? [] : [items];
  let filtered = false;
  while (groups.length > 0) {
    const results = await Promise.allSettled(groups.map((group) => submitRefusal(() => send(group))));
    const next: (readonly T[])[] = [];
    for (const [i, result] of results.entries()) {
      if (result.status === "rejected") throw result.reason;
      const group = groups[i]!;
      if (result.value === undefined) continue;
      if (group.length === 1) {
        alone.push({ item: group[0]!, refusal: result.value });
        continue;
      }
      const open = filtered ? group : await stillOpen(group);
      filtered = true;
      const parts = open.length < group.length ? [open] : inBatches(open, Math.ceil(open.length / 2));
      for (const part of parts) if (part.length > 0) next.push(part);
    }
    groups = next;
  }
  return alone;
}
