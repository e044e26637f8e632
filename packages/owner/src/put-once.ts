import type { PackageDetailJson } from "@cairn/client";
import { BEFORE_CHAIN } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import { followPlacing } from "./follow-package.ts";
import { nameHash } from "./labels.ts";
import { type PutOptions, type PutPorts, put } from "./put.ts";
import type { Listed } from "./put-source.ts";

/** Nothing was signed for it yet. */
const UPLOADED: ReadonlySet<string> = new Set(BEFORE_CHAIN);
const HELD: ReadonlySet<string> = new Set(["STORED", "DEGRADED"]);
/** A package that is agreed between a look and its undoing is looked at again so often. */
const LOOKS = 5;

/**
 * Store something under a name that stands for it alone, once, however often this is called for it: for work that is done again after a crash. What an
 * earlier call had signed for is waited for; what it had only uploaded is dropped.
 * @returns the package's id, and the root of its DAG
 * @throws what `put` throws
 */
export async function putOnce<L extends Listed>(
  ports: PutPorts,
  options: Omit<PutOptions<L>, "replace" | "restart" | "detach" | "quote">,
): Promise<{ id: string; root: string }> {
  for (let look = 1; ; look += 1) {
    try {
      const before = await agreedBefore(ports, options);
      if (before !== undefined) return rootOf(before);
      break;
    } catch (error) {
      if (!(error instanceof CairnError) || error.code !== "wrong-state" || look === LOOKS) throw error;
    }
  }
  const result = await put(ports, options);
  if (result.outcome !== "stored") throw new Error(`a put ended as ${result.outcome}`);
  return rootOf(await ports.gateway.package(result.id));
}

/** What an earlier call signed for, once it is PLACING no more; an upload without that is undone. */
async function agreedBefore<L extends Listed>(
  ports: PutPorts,
  { source, signal }: Pick<PutOptions<L>, "source" | "signal">,
): Promise<PackageDetailJson | undefined> {
  const { gateway, owner } = ports;
  for (const { id, state } of await gateway.packageByName(nameHash(owner, source.name))) {
    if (UPLOADED.has(state)) await gateway.abandonPackage(id);
    if (state === "PLACING") return followPlacing(ports, id, { signal, update: () => undefined });
    if (HELD.has(state) || state === "LOST") return gateway.package(id);
  }
  return undefined;
}

function rootOf({ id, root, state, cause }: { id: string; root: string | null; state: string; cause: string | null }) {
  if (root !== null && HELD.has(state)) return { id, root };
  throw new CairnError(`${id} is ${state}${cause === null ? "" : `: ${cause}`}`, {
    code: "not-stored",
    kind: "conflict",
    next: `See \`cairn show ${id}\`.`,
  });
}
