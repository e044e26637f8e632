import { CairnError, type ErrorKind, ProviderRefusal } from "@cairn/protocol";
import { inBatches } from "./in-batches.ts";
import type { SubmissionResult } from "./ports/ledger.ts";

/** Whether an error is a contract's refusal: it holds now and later, unlike a chain that is away or coins that are missing. */
export function isRefusal(error: unknown): error is CairnError {
  return error instanceof CairnError && error.code === "reverted";
}

/** Codes of requests that nobody answered, or only in part: the provider may be gone, or the line to it, or it stalls. */
const UNHEARD: ReadonlySet<string> = new Set([
  "provider-unreachable",
  "provider-timeout",
  "provider-busy",
  "unreachable",
  "short-read",
]);
/** Kinds of errors that, raised in this process, are about this process: its database, disk, chain or verifiers, or that it stops. */
const OWN_KINDS: ReadonlySet<ErrorKind> = new Set(["internal", "unavailable", "exhausted"]);

/**
 * Whose fault it is what asking a provider ended with. `theirs`: what it answered or sent, whatever code it chose. `ours`: this process could not ask, or
 * cannot tell what the answer is worth: nothing is known of the provider. `unknown`: it was not heard, which may lie with it, with the line or with
 * this gateway's own start; blame takes a wait for its return. Pure.
 */
export function faultOf(error: unknown): "ours" | "theirs" | "unknown" {
  if (error instanceof ProviderRefusal) return "theirs";
  if (!(error instanceof CairnError)) return "ours";
  if (UNHEARD.has(error.code)) return "unknown";
  return OWN_KINDS.has(error.kind) ? "ours" : "theirs";
}

/**
 * Whether this process saw more bytes come than it asked for: no accident, unlike silence or a line that broke. A provider's own word for that is
 * a refusal like any other. Pure.
 */
export function isTooLong(error: unknown): error is CairnError {
  return error instanceof CairnError && !(error instanceof ProviderRefusal) && error.code === "long-read";
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
