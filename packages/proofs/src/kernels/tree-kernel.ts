import { WASM_BASE64 } from "./generated/tree.ts";
import { startKernel } from "./wasm.ts";

/** Exports of tree.as.ts; every number is an address or a count in its memory. */
export interface TreeKernel {
  fr32(source: number, target: number, quads: number): void;
  mask(nodes: number, count: number): void;
  leaves(paths: number, stride: number, count: number, nodes: number): void;
  pair(
    paths: number,
    stride: number,
    count: number,
    indices: number,
    level: number,
    nodes: number,
    pairs: number,
  ): void;
  matching(nodes: number, count: number, root: number): number;
  open(layers: number, levels: number, positions: number, count: number, out: number, stride: number): void;
}

export function startTreeKernel(size: number): { kernel: TreeKernel; bytes: Uint8Array<ArrayBuffer> } {
  return startKernel<TreeKernel>(WASM_BASE64, size);
}
