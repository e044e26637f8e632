import { startTreeKernel, type TreeKernel } from "./kernels/tree-kernel.ts";
import { type NodeHasher, nodeHasher } from "./native/node-hasher.ts";
import { openingSize } from "./proof-format.ts";
import { heightOf, MAX_RAW_LENGTH, NODE_BYTES, payloadLeaves } from "./sizes.ts";

export interface PossessionClaim {
  /** CommP root from the signed commitment. */
  root: Uint8Array;
  /** From the signed commitment too, never from the prover. */
  rawLength: number;
  /** As derived by the verifier. */
  indices: readonly number[];
  proof: Uint8Array;
}

export type PossessionReason =
  /** The commitment itself cannot be proved: no 32-byte root, or a length that no tree has. */
  | "bad-commitment"
  /** No leaf asked for, or one outside the payload. */
  | "bad-challenge"
  /** The proof is not exactly as long as leaves and height demand. */
  | "wrong-length"
  /** A path does not lead to the committed root. */
  | "wrong-path";

export type PossessionVerdict = { ok: true } | { ok: false; reason: PossessionReason; leaf?: number };

/** Paths of one pass: more than the L2 cache holds would be slower. */
const PATHS_BYTES = 1024 * 1024;
const MAX_PATHS = 2048;
const ROOT = 1024;
const INDICES = 4096;
const NODES = INDICES + 4 * MAX_PATHS;
const PAIRS = NODES + NODE_BYTES * MAX_PATHS;
const PATHS = PAIRS + 2 * NODE_BYTES * MAX_PATHS;
const MEMORY_BYTES = PATHS + PATHS_BYTES;

/** Some consecutive paths of one claim, placed in the pass. */
interface Segment {
  claim: number;
  firstPath: number;
  firstLeaf: number;
  count: number;
}

function precheck(claim: PossessionClaim): PossessionVerdict {
  const { root, rawLength, indices, proof } = claim;
  if (root.length !== NODE_BYTES || !Number.isSafeInteger(rawLength) || rawLength < 1 || rawLength > MAX_RAW_LENGTH) {
    return { ok: false, reason: "bad-commitment" };
  }
  const leaves = payloadLeaves(rawLength);
  const outside = indices.find((index) => !(Number.isInteger(index) && index >= 0 && index < leaves));
  if (outside !== undefined) return { ok: false, reason: "bad-challenge", leaf: outside };
  if (indices.length === 0) return { ok: false, reason: "bad-challenge" };
  if (proof.length !== indices.length * openingSize(rawLength)) return { ok: false, reason: "wrong-length" };
  return { ok: true };
}

/** Verifies many proofs level by level: one hash call per level for some sixty proofs. Memory of its own, about 1.3 MB. */
export class PossessionVerifier {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #indices: Uint32Array<ArrayBuffer>;
  readonly #kernel: TreeKernel;
  readonly #hasher: NodeHasher;

  constructor(hasher: NodeHasher = nodeHasher) {
    const { kernel, bytes } = startTreeKernel(MEMORY_BYTES);
    this.#bytes = bytes;
    this.#indices = new Uint32Array(bytes.buffer, INDICES, MAX_PATHS);
    this.#kernel = kernel;
    this.#hasher = hasher;
  }

  /** One verdict per claim, in order. Never throws for what a prover sent. */
  verify(claims: readonly PossessionClaim[]): PossessionVerdict[] {
    const verdicts = claims.map(precheck);
    const byHeight = new Map<number, number[]>();
    for (const [i, verdict] of verdicts.entries()) {
      if (!verdict.ok) continue;
      const height = heightOf(claims[i]!.rawLength);
      const group = byHeight.get(height);
      if (group === undefined) byHeight.set(height, [i]);
      else group.push(i);
    }
    for (const [height, group] of byHeight) this.#verifyGroup(height, group, claims, verdicts);
    return verdicts;
  }

  #verifyGroup(
    height: number,
    group: number[],
    claims: readonly PossessionClaim[],
    verdicts: PossessionVerdict[],
  ): void {
    const stride = NODE_BYTES * (height + 1);
    const capacity = Math.min(MAX_PATHS, Math.floor(PATHS_BYTES / stride));
    let segments: Segment[] = [];
    let paths = 0;
    const flush = () => {
      this.#climb(height, stride, paths);
      for (const segment of segments) this.#settle(segment, claims, verdicts);
      segments = [];
      paths = 0;
    };
    for (const claim of group) {
      const { indices, proof } = claims[claim]!;
      for (let firstLeaf = 0; firstLeaf < indices.length; ) {
        if (paths === capacity) flush();
        const count = Math.min(capacity - paths, indices.length - firstLeaf);
        this.#bytes.set(proof.subarray(firstLeaf * stride, (firstLeaf + count) * stride), PATHS + paths * stride);
        this.#indices.set(indices.slice(firstLeaf, firstLeaf + count), paths);
        segments.push({ claim, firstPath: paths, firstLeaf, count });
        paths += count;
        firstLeaf += count;
      }
    }
    if (paths > 0) flush();
  }

  /** From the leaves of all placed paths to what should be their roots, at NODES. */
  #climb(height: number, stride: number, paths: number): void {
    const pairs = this.#bytes.subarray(PAIRS, PAIRS + paths * 2 * NODE_BYTES);
    const nodes = this.#bytes.subarray(NODES, NODES + paths * NODE_BYTES);
    this.#kernel.leaves(PATHS, stride, paths, NODES);
    for (let level = 0; level < height; level++) {
      this.#kernel.pair(PATHS, stride, paths, INDICES, level, NODES, PAIRS);
      this.#hasher.hashInto(pairs, nodes);
      this.#kernel.mask(NODES, paths);
    }
  }

  #settle(segment: Segment, claims: readonly PossessionClaim[], verdicts: PossessionVerdict[]): void {
    const { root, indices } = claims[segment.claim]!;
    this.#bytes.set(root, ROOT);
    const matching = this.#kernel.matching(NODES + segment.firstPath * NODE_BYTES, segment.count, ROOT);
    if (matching === segment.count || !verdicts[segment.claim]!.ok) return;
    verdicts[segment.claim] = { ok: false, reason: "wrong-path", leaf: indices[segment.firstLeaf + matching]! };
  }
}

let shared: PossessionVerifier | undefined;

/** Verify many proofs at once: one verdict per claim, in order; benchmarks/proofs.ts says how fast. */
export function verifyPossessions(claims: readonly PossessionClaim[]): PossessionVerdict[] {
  shared ??= new PossessionVerifier();
  return shared.verify(claims);
}

export function verifyPossession(claim: PossessionClaim): PossessionVerdict {
  return verifyPossessions([claim])[0]!;
}
