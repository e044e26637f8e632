import { isRecord, NODE_BYTES, toBase64, writeNode } from "../base64.ts";
import { type MerkleTree, nodeAt, treeOrder } from "./tree.ts";

/** Tags of more challenges than this are refused: their tree would be larger than 2 MiB. */
export const MOST_ROUNDS = 32_768;

/** What a farmer needs besides the file to answer: the whole tree, whose root the node keeps. */
export interface MerkleTag {
  readonly tree: MerkleTree;
  /** Bytes of the range that a challenge reads, unless the file is smaller. */
  readonly chunkSize: number;
  readonly fileSize: number;
}

/** A tag as JSON: about 23.5 kB of text for 256 challenges. */
export interface WireMerkleTag {
  readonly tree: { readonly nodes: readonly string[]; readonly order: number; readonly leaves: readonly never[] };
  readonly chunksz: number;
  readonly filesz: number;
  readonly [key: string]: unknown;
}

export function merkleTagToWire({ tree, chunkSize, fileSize }: MerkleTag): WireMerkleTag {
  const nodes: string[] = Array.from({ length: 2 ** (tree.order + 1) - 1 }, (_, j) => toBase64(nodeAt(tree, j)));
  nodes.push("");
  return { tree: { nodes, order: tree.order, leaves: [] }, chunksz: chunkSize, filesz: fileSize };
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readTree(value: unknown): MerkleTree | undefined {
  if (!isRecord(value) || !Array.isArray(value.nodes)) return undefined;
  const { nodes: texts, order } = value as { nodes: unknown[]; order: unknown };
  if (!isSize(order) || order > treeOrder(MOST_ROUNDS) || texts.length !== 2 ** (order + 1)) return undefined;
  const firstLeaf = 2 ** order - 1;
  const after = texts.indexOf("", firstLeaf);
  const rounds = after - firstLeaf;
  if (rounds < 1 || treeOrder(rounds) !== order) return undefined;
  if (!texts.every((text, j) => j < after || text === "")) return undefined;
  const nodes = Buffer.alloc((texts.length - 1) * NODE_BYTES);
  for (let j = 0; j < after; j++) if (!writeNode(texts[j], nodes, j * NODE_BYTES)) return undefined;
  return { order, rounds, nodes };
}

/** A tag from decoded JSON; undefined when it is none. Its hashes are not looked into. */
export function readMerkleTag(value: unknown): MerkleTag | undefined {
  if (!isRecord(value) || !isSize(value.chunksz) || !isSize(value.filesz)) return undefined;
  const tree = readTree(value.tree);
  return tree === undefined ? undefined : { tree, chunkSize: value.chunksz, fileSize: value.filesz };
}
