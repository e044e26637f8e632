import { type Common, createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { customCrypto } from "./crypto.ts";

/**
 * The chain's parameters: Cancun from the first block, for ever.
 * `@ethereumjs` copies and rebuilds its parameter tables for every transaction and header (two thirds of the run time, measured);
 * with one fixed hard fork both are memoised. Versions are pinned, and the comparison with anvil guards the result.
 */
export function makeCommon(chainId: number): Common {
  const common = createCustomCommon({ chainId, name: "cairn" }, Mainnet, {
    hardfork: Hardfork.Cancun,
    customCrypto: customCrypto(),
  });
  const known = new WeakSet<object>();
  const update = common.updateParams.bind(common);
  common.updateParams = (params) => {
    if (known.has(params)) return;
    known.add(params);
    update(params);
  };
  common.copy = () => common;
  return common;
}
