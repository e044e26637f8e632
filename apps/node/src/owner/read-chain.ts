import type { ReadChain } from "@cairn/owner/ports";
import { CairnError } from "@cairn/protocol/errors";

const CHAIN_TIMEOUT_MILLISECONDS = 10_000;

/** Reads the contracts over the chain URL that this home knows; none answers where it knows none. */
export const chainReader =
  (url: string | undefined): ReadChain =>
  async (deployment, use) => {
    if (url === undefined) return undefined;
    try {
      const [{ openLedger }, { checkDeployment }] = await Promise.all([
        import("@cairn/chain"),
        import("@cairn/owner/check-chain"),
      ]);
      const ledger = await openLedger({
        ...{ url, timeoutMilliseconds: CHAIN_TIMEOUT_MILLISECONDS, retries: 1 },
        deployment: { deals: deployment.deals },
      });
      try {
        checkDeployment(deployment, ledger.deployment);
        return await use(ledger);
      } finally {
        await ledger.stop();
      }
    } catch (error) {
      if (error instanceof CairnError && error.code === "chain-unreachable") return undefined;
      throw error;
    }
  };
