import { buildBundles } from "./build-bundles.ts";

/** Vitest's global setup of the networks: some hundreds of processes start, as a user's do, from bundles. */
export default async function setup(): Promise<void> {
  await buildBundles();
}
