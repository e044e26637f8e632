import { CairnError } from "@cairn/protocol/errors";
import { followPlacing } from "./follow-package.ts";
import { nameHash } from "./labels.ts";
import { type PutOptions, type PutPorts, put } from "./put.ts";
import type { Listed } from "./put-source.ts";

/** Nothing was signed for it yet. */
const UPLOADED: ReadonlySet<string> = new Set(["RECEIVING", "COMMITTING", "COMMITTED"]);
const AGREED: ReadonlySet<string> = new Set(["PLACING", "STORED", "DEGRADED", "LOST"]);

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
  const { gateway, owner } = ports;
  for (const { id, state } of await gateway.packageByName(nameHash(owner, options.source.name))) {
    if (UPLOADED.has(state)) await gateway.abandonPackage(id);
    if (!AGREED.has(state)) continue;
    const status =
      state === "PLACING"
        ? await followPlacing(ports, id, { signal: options.signal, update: () => undefined })
        : await gateway.package(id);
    return rootOf(status);
  }
  const result = await put(ports, options);
  if (result.outcome !== "stored") throw new Error(`a put ended as ${result.outcome}`);
  return rootOf(await gateway.package(result.id));
}

function rootOf({ id, root, state, cause }: { id: string; root: string | null; state: string; cause: string | null }) {
  if (root !== null && AGREED.has(state)) return { id, root };
  throw new CairnError(`${id} is ${state}${cause === null ? "" : `: ${cause}`}`, {
    code: "not-stored",
    kind: "conflict",
    next: `See \`cairn show ${id}\`.`,
  });
}
