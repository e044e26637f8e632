import { join } from "node:path";
import { fileOutgoingStore, openLedger } from "@cairn/chain";
import { makeDirectory } from "../files/durable.ts";
import type { OpenLedger } from "../options.ts";

/**
 * The contracts on the chain at `chainUrl`. Only their address is taken from the gateway: what they say of themselves is read from them.
 * @throws CairnError `bad-settings`, `chain-unreachable`, `no-contract`, `wrong-chain`
 */
export const openLedgerOverHttp: OpenLedger = async ({ chainUrl, deployment, key, directory }) => {
  const outgoing = join(directory, "outgoing");
  await makeDirectory(outgoing);
  const { deals } = deployment;
  const ledger = await openLedger({ url: chainUrl, deployment: { deals }, key, store: fileOutgoingStore(outgoing) });
  return { ledger, close: () => ledger.stop() };
};
