import { testDatabase } from "@cairn/database/testing";
import { addressOfKey } from "@cairn/protocol";
import { vi } from "vitest";
import { type ChainConfig, startChain } from "../node/index.ts";
import { generateKey } from "../wallet/generate-key.ts";
import { ledgerSuite } from "./testing/ledger-suite.ts";

ledgerSuite("the embedded chain", async () => {
  const database = await testDatabase();
  const key = generateKey();
  const chain = await startChain({
    chainId: 26170,
    blockSeconds: 1,
    validatorKey: generateKey(),
    database: database.config as ChainConfig["database"],
    alloc: { [addressOfKey(key)]: String(10n ** 24n) },
  });
  return {
    url: chain.url,
    key,
    // The chain runs in this process, and goes by its clock.
    async travel(seconds) {
      const real = Date.now;
      vi.spyOn(Date, "now").mockImplementation(() => real() + seconds * 1000);
    },
    async stop() {
      vi.restoreAllMocks();
      await chain.stop();
      await database.drop();
    },
  };
});
