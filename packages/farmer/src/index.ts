export type { FarmerEvent, FarmerProgress } from "./events.ts";
export { type Identity, readIdentity } from "./identity.ts";
export { type FarmerOptions, type RunningFarmer, runFarmer } from "./run-farmer.ts";
export { type BitcoinKey, bitcoinKey } from "./sign-message.ts";
