import { hashInto as hashIntoWasm } from "@chainsafe/as-sha256";

/** SHA-256 of every 64-byte pair of `input` into the 32 bytes of `output` beside it; whole layers in one call. */
export interface NodeHasher {
  readonly name: "native" | "wasm";
  /** `input` has 64·m bytes and `output` 32·m; they do not overlap. */
  hashInto(input: Uint8Array, output: Uint8Array): void;
}

/** Runs everywhere, some twenty times slower than the native addon. */
export const wasmNodeHasher: NodeHasher = { name: "wasm", hashInto: hashIntoWasm };

/** The native addon; `undefined` where it has no build for this platform (a browser, an odd architecture). */
async function loadNative(load: () => Promise<{ hashInto: NodeHasher["hashInto"] }>): Promise<NodeHasher | undefined> {
  const addon = await load().catch(() => undefined);
  return addon && { name: "native", hashInto: addon.hashInto };
}

/** The fastest hasher that loads here. `load` stands in for the addon's import in tests. */
export async function pickNodeHasher(
  load: () => Promise<{ hashInto: NodeHasher["hashInto"] }> = () => import("@chainsafe/hashtree"),
): Promise<NodeHasher> {
  return (await loadNative(load)) ?? wasmNodeHasher;
}

export const nodeHasher: NodeHasher = await pickNodeHasher();
