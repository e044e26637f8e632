import { CairnError, type Hex, signTyped } from "@cairn/protocol";
import { type ColdKeyRequest, withColdKey } from "./with-cold-key.ts";

/** How long the signed word holds: the transaction is sent at once, and may wait for a block. */
const DEADLINE_SECONDS = 3600;

/**
 * Have the chain take no new deals for a provider. Those that it has go on to their end and are paid. It takes new ones again when it is started
 * with `reactivate`.
 * @returns the transaction; undefined when it was retired already
 * @throws CairnError `no-provider`, `not-joined`, `not-registered`, `insufficient-funds`, `reverted`, `lock-held`
 */
export function retireProvider(request: ColdKeyRequest): Promise<Hex | undefined> {
  return withColdKey(request, async ({ ledger, provider, coldKey }) => {
    const record = await ledger.provider(provider);
    if (record === undefined) {
      throw new CairnError(`the chain has no provider ${provider}`, { code: "not-registered", kind: "unavailable" });
    }
    if (!record.active) return undefined;
    const chain = await ledger.present();
    const message = {
      nonce: record.nextNonce,
      deadline: BigInt(chain + DEADLINE_SECONDS),
    };
    const signature = signTyped("Retirement", message, ledger.deployment, coldKey);
    const { ok, revert, transaction } = await ledger.retire(
      { id: `retire/${message.nonce}` },
      message.nonce,
      message.deadline,
      signature,
    );
    if (ok) return transaction;
    throw new CairnError(`the contract refused: ${revert ?? "no reason given"}`, {
      code: "reverted",
      kind: "conflict",
    });
  });
}
