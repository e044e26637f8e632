export { createRebuilder, type Rebuild } from "./create-rebuilder.ts";
export { encodeParity } from "./encode-parity.ts";
export { MAX_SHARDS } from "./generator-matrix.ts";
export { applyMask, createMask, type Mask, type MaskKey } from "./mask.ts";
export { dataOffset, shardLength } from "./shard-layout.ts";
