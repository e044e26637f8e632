import type { GetBlocks } from "@cairn/archive/browser";
import { lazily } from "./lazily.ts";
import type { Gateway } from "./ports.ts";

/** Blocks of a package, through the gateway; each is verified by whoever reads it. */
export function blocksOf(
  gateway: Pick<Gateway, "blocks">,
  { id, capability }: { id: string; capability: unknown },
  signal?: AbortSignal,
): GetBlocks {
  return async function* (cids) {
    const { readFrames } = await import("@cairn/archive/browser");
    yield* readFrames(lazily(() => gateway.blocks(id, cids.map(String), capability, signal)));
  };
}
