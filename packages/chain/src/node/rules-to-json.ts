import type { ChainRules } from "./types.ts";

/** The rules as they are kept with block 0. */
export function rulesToJson(rules: ChainRules): Record<string, unknown> {
  return {
    ...rules,
    blockGas: rules.blockGas.toString(),
    baseFee: rules.baseFee.toString(),
    alloc: Object.fromEntries(Object.entries(rules.alloc).map(([address, wei]) => [address, wei.toString()])),
  };
}
