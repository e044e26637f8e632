import { ANVIL_KEY, startAnvil } from "./testing/anvil.ts";
import { ledgerSuite } from "./testing/ledger-suite.ts";

ledgerSuite("anvil", async () => {
  const anvil = await startAnvil({ chainId: 31_338, blockSeconds: 0.5 });
  return {
    url: anvil.url,
    key: ANVIL_KEY,
    stop: anvil.stop,
    async travel(seconds) {
      await anvil.call("evm_increaseTime", seconds);
    },
  };
});
