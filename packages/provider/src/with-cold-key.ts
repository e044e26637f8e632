import { join } from "node:path";
import { askFaucet } from "@cairn/chain";
import type { Ledger } from "@cairn/core";
import { holdLock } from "@cairn/process";
import { type Address, CairnError, type Hex } from "@cairn/protocol";
import { openLedgerOverHttp } from "./chain/open-ledger-over-http.ts";
import { openIdentity } from "./identity.ts";
import { inspectProvider } from "./inspect-provider.ts";
import type { OpenLedger } from "./options.ts";

/** What an operator does with the provider's cold key. */
export interface ColdKeyRequest {
  /** The provider's directory; the program may run meanwhile. */
  directory: string;
  passphrase?: string;
  chainUrl?: string;
  openLedger?: OpenLedger;
}

/**
 * Open a provider's chain with its cold key, which signs and pays the gas, one at a time for a directory. A chain with a faucet gives it the gas.
 * @throws CairnError `no-provider`, `not-joined`, `lock-held`, and what `run` throws
 */
export async function withColdKey<T>(
  request: ColdKeyRequest,
  run: (opened: { ledger: Ledger; provider: Address; coldKey: Hex }) => Promise<T>,
): Promise<T> {
  const { directory } = request;
  const { chain, provider } = await inspectProvider(directory);
  if (chain === undefined) {
    throw new CairnError("this provider has not joined a network yet", { code: "not-joined", kind: "conflict" });
  }
  const lock = holdLock(join(directory, "withdraw.lock"));
  try {
    const { coldKey } = await openIdentity(directory, request.passphrase);
    const chainUrl = request.chainUrl ?? chain.chainUrl;
    if (request.openLedger === undefined) await askFaucet(chainUrl, provider);
    const { ledger, close } = await (request.openLedger ?? openLedgerOverHttp)({
      chainUrl,
      deployment: chain.deployment,
      key: coldKey,
      directory,
    });
    try {
      return await run({ ledger, provider, coldKey });
    } finally {
      await close();
    }
  } finally {
    lock.release();
  }
}
