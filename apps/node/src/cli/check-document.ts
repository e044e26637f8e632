import { createHash } from "node:crypto";
import { shardsRoot } from "@cairn/chain";
import type { NetworkJson, PackageDetailJson, QuotePlanJson } from "@cairn/client";
import { CairnError, type CommitmentDocument, type Mandate, type Message } from "@cairn/core";
import * as dagCbor from "@ipld/dag-cbor";
import type { Account } from "../account/account.ts";

/**
 * What the owner is about to sign must be what was uploaded: the mandate's hashes are recomputed from the document, and the document is
 * held against the package. Throws `gateway-lies` naming the first difference.
 */
export function checkDocument(offer: {
  plan: QuotePlanJson;
  mandate: Mandate;
  readCapability: Message<"ReadCapability">;
  account: Account;
  network: NetworkJson;
  sealed: PackageDetailJson;
}): void {
  const { plan, mandate, readCapability, account, network, sealed } = offer;
  const bytes = Buffer.from(plan.document, "base64");
  const document = dagCbor.decode<CommitmentDocument>(bytes);
  const hash = `0x${createHash("sha256").update(bytes).digest("hex")}`;
  const expectations: [string, unknown, unknown][] = [
    ["the manifest hash", mandate.manifestHash, hash],
    ["the manifest hash of the read permission", readCapability.manifestHash, hash],
    ["the reader", readCapability.audience, network.executor.toLowerCase()],
    ["the executor", mandate.executor, network.executor.toLowerCase()],
    ["the verifiers", mandate.verifierSet, network.verifierSet],
    ["the package", document.package, sealed.id],
    ["the owner", document.owner, account.wallet.address],
    ["the root", document.root, sealed.root],
    ["k", mandate.k, sealed.k],
    ["n", mandate.n, sealed.n],
    ["the number of pieces", mandate.pieces, sealed.pieceList.length],
    ["the pieces' lengths", document.pieces.map((p) => p.length).join(), sealed.pieceList.map((p) => p.length).join()],
    ["the root of the shard commitments", mandate.shardsRoot, shardsRoot(document)],
    ["the escrow", mandate.maxEscrow, BigInt(plan.escrow)],
    ["the repair reserve", mandate.repairReserve, BigInt(plan.repairReserve)],
  ];
  for (const [what, offered, expected] of expectations) {
    if (offered === expected) continue;
    throw new CairnError(`the gateway offers ${what} as ${String(offered)}, but it is ${String(expected)}`, {
      code: "gateway-lies",
      kind: "corrupt",
      next: "Nothing was signed. Check which gateway this is, and report it.",
    });
  }
}
