export { ChainNode, type NodeOptions } from "./chain-node.ts";
export type { ChainConfig } from "./config.ts";
export { CAP_GWEI, HALVING_SLOTS, REWARD_GWEI, rewardBetween, slotAt, supplyAt } from "./emission.ts";
export { type RunningChain, startChain } from "./start-chain.ts";
export type { DatabaseConfig } from "./store/database.ts";
export type { ChainRules, Seal, SealedBlock } from "./types.ts";
