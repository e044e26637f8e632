import { CairnError } from "@cairn/protocol/errors";
import { NodeList } from "./node-list.ts";
import { joinNodes, nodeHeight, type PieceDigest, type PieceTreeDigest } from "./piece-digest.ts";
import { assertRawLength, NODE_BYTES, SUBTREE_HEIGHT, UNIT_BYTES, UNIT_HEIGHT } from "./sizes.ts";
import { sharedUnitHasher, type UnitHasher } from "./unit-hasher.ts";

export interface HashUnitOptions {
  /** Payload length of the whole piece; needed for a unit shorter than UNIT_BYTES, which is the last one. */
  pieceLength?: number;
  /** Give the nodes that a cached tree needs (2 KiB per unit) in place of one root. */
  collectTree?: boolean;
  unit?: UnitHasher;
}

/**
 * One aligned unit of a piece (UNIT_BYTES raw bytes, the last one shorter), in any order and on any thread: its root of 32 bytes, or
 * with `collectTree` its subtree nodes. Concatenate the results in unit order for `joinUnits` or `joinUnitsTree`.
 */
export function hashUnit(bytes: Uint8Array, options: HashUnitOptions = {}): Uint8Array {
  const pieceLength = options.pieceLength ?? (bytes.length === UNIT_BYTES ? UNIT_BYTES : undefined);
  if (pieceLength === undefined || bytes.length > UNIT_BYTES) {
    throw new CairnError(`a unit of ${bytes.length} bytes needs the length of its piece, and at most ${UNIT_BYTES}`, {
      code: "bad-unit",
      kind: "internal",
    });
  }
  const unit = options.unit ?? sharedUnitHasher();
  unit.input.set(bytes);
  return unit.hash(bytes.length, nodeHeight(pieceLength, options.collectTree ?? false)).slice();
}

function assertNodes(nodes: Uint8Array, rawLength: number, collectTree: boolean): void {
  assertRawLength(rawLength);
  const perNode = collectTree ? UNIT_BYTES / 2 ** (UNIT_HEIGHT - SUBTREE_HEIGHT) : UNIT_BYTES;
  const expected = Math.max(1, Math.ceil(rawLength / perNode)) * NODE_BYTES;
  if (nodes.length === expected) return;
  throw new CairnError(`${nodes.length} bytes of unit roots, not ${expected}`, { code: "bad-unit", kind: "internal" });
}

/** Join the roots of all units of a piece (32 bytes each, in order) into its digest. */
export function joinUnits(roots: Uint8Array, rawLength: number): PieceDigest {
  assertNodes(roots, rawLength, false);
  return joinNodes(roots, rawLength, false, sharedUnitHasher());
}

/** As `joinUnits`, from units hashed with `collectTree`. */
export function joinUnitsTree(nodes: Uint8Array, rawLength: number): PieceTreeDigest {
  assertNodes(nodes, rawLength, true);
  return joinNodes(nodes, rawLength, true, sharedUnitHasher());
}

/** CommP of bytes that are in memory. */
export function hashPiece(bytes: Uint8Array): PieceDigest {
  const unit = sharedUnitHasher();
  const nodes = new NodeList();
  for (let from = 0; from === 0 || from < bytes.length; from += UNIT_BYTES) {
    nodes.append(hashUnit(bytes.subarray(from, from + UNIT_BYTES), { pieceLength: bytes.length, unit }));
  }
  return joinUnits(nodes.nodes, bytes.length);
}
