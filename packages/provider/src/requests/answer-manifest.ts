import { type Address, CairnError, type Hex, recoverTyped, type Signed } from "@cairn/protocol";
import type { ProviderContext, RangeBody, RequestHandlers } from "../context.ts";
import type { HeldShard } from "../shards/held-shard.ts";
import { readPart } from "../shards/read-shard.ts";
import { checkReadCapability, refuse, requireGateway } from "./authorise.ts";

/** Document ‖ encrypted manifest of a package that this provider holds a shard of, for the audience of the owner's capability. */
export function openManifest(
  context: ProviderContext,
  documentHash: Hex,
  capability: Signed<"ReadCapability">,
  asker: Address,
): { held: HeldShard; body: RangeBody & { length: number } } {
  // Anybody may have deals under the same hash: the one that the capability's signer owns is meant.
  const all = context.shards.all().filter(({ quote }) => quote.documentHash === documentHash);
  const signer = recoverTyped("ReadCapability", capability.message, context.deployment(), capability.signature);
  const held = all.find(({ quote }) => quote.owner === signer) ?? all[0];
  if (held === undefined) {
    throw new CairnError("this provider holds nothing of that package", { code: "unknown-package", kind: "missing" });
  }
  checkReadCapability(context, capability, held.quote);
  if (capability.message.audience !== asker.toLowerCase()) {
    throw refuse("bad-capability", "the capability is for another reader");
  }
  const bytes = (async function* () {
    yield* readPart(held, "document", 0, held.document.size);
    yield* readPart(held, "manifest", 0, held.manifest.size);
  })();
  return { held, body: { length: held.document.size + held.manifest.size, bytes } };
}

export function answerManifest(context: ProviderContext): RequestHandlers["manifest"] {
  return async (request, asker) => {
    const gateway = requireGateway(asker);
    const { held, body } = openManifest(context, request.documentHash, request.capability, asker.address);
    const headers = { "cairn-document-size": String(held.document.size) };
    await gateway.postRange(request.respond, body, headers, context.signal);
    return { documentSize: held.document.size, manifestSize: held.manifest.size };
  };
}
