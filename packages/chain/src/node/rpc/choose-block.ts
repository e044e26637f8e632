import type { Block } from "@ethereumjs/block";
import { createAddressFromString } from "@ethereumjs/util";
import { pruned, RPC, RpcError } from "../rpc-error.ts";
import type { MethodContext } from "./method-context.ts";
import { type BlockChoice, parseAddress, parseBlock } from "./parse.ts";

export async function chooseBlock({ node }: MethodContext, choice: BlockChoice): Promise<Block | undefined> {
  if (choice.by === "head") return node.head;
  if (choice.by === "number" && choice.number === Number(node.head.header.number)) return node.head;
  const stored = await (choice.by === "number"
    ? node.store.blockByNumber(choice.number)
    : node.store.blockByHash(choice.hash));
  if (stored !== undefined) return node.decode(stored.raw);
  if (choice.by === "number" && choice.number < node.floors.history) throw pruned("history", node.floors.history);
  return undefined;
}

/** A block whose state is kept. */
export async function requireState(context: MethodContext, value: unknown): Promise<Block> {
  const block = await requireBlock(context, value);
  const { states } = context.node.floors;
  if (Number(block.header.number) < states) throw pruned("state", states);
  return block;
}

export async function requireBlock(context: MethodContext, value: unknown): Promise<Block> {
  const block = await chooseBlock(context, parseBlock(value));
  if (block !== undefined) return block;
  // EIP-1898.
  throw new RpcError(RPC.notFound, "header not found", {
    code: "chain-block-unknown",
    kind: "missing",
    next: "Ask for a block that the chain has.",
  });
}

export async function stateAt(context: MethodContext, address: unknown, block: unknown) {
  const target = createAddressFromString(parseAddress(address, "address"));
  const state = await context.node.views.read(await requireState(context, block));
  return { target, state };
}
