import { testDatabase } from "@cairn/database/testing";
import { type ChainConfig, startChain } from "../node/index.ts";
import { addressOfKey, generateKey } from "../wallet/keys.ts";
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
    async stop() {
      await chain.stop();
      await database.drop();
    },
  };
});
