import { CairnError, type Hex } from "@cairn/protocol";
import type { AuditContext } from "./context.ts";

/**
 * The public record of a finalised period by the sha256 that stands beside its root on chain: a header line, then one JSON line per
 * leaf in tree order. From it anyone rebuilds the root and claims. Throws `unknown-leaf-file`.
 */
export async function openLeafFile(
  context: Pick<AuditContext, "leafFiles">,
  hash: Hex,
): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
  const key = `leaves/${hash.slice(2)}`;
  const size = await context.leafFiles.size(key);
  if (size !== undefined) return { size, bytes: context.leafFiles.read(key) };
  throw new CairnError(`no leaf file ${hash} is kept here`, {
    code: "unknown-leaf-file",
    kind: "missing",
    next: "Take leafFileHash from ProofLedger.finalizedRoot, and ask a gateway whose verifiers voted it.",
  });
}
