import { CairnError } from "@cairn/protocol";

/** What an owner signs: docs/protocol.md, 2. Nothing else is signed for a wallet whose key the gateway may use. */
const OWNER_TYPES = ["Mandate", "Termination", "ReadCapability", "UploadCapability", "AccountClaim"] as const;
export type OwnerType = (typeof OWNER_TYPES)[number];

/** @throws CairnError `not-an-owners-message` */
export function requireOwnerType(type: string): asserts type is OwnerType {
  if (OWNER_TYPES.some((one) => one === type)) return;
  throw new CairnError(`a wallet signs no ${type.slice(0, 40)}`, {
    code: "not-an-owners-message",
    kind: "input",
    details: { field: "type" },
    next: `It signs ${OWNER_TYPES.join(", ")}.`,
  });
}
