import { compareCoins } from "@cairn/core/coins";
import { CairnError } from "@cairn/protocol/errors";
import type { Address, Money } from "@cairn/protocol/words";
import { type Abi, type DecodeErrorResultReturnType, decodeErrorResult, type Hex } from "viem";
import { REFUSALS, type Refusal } from "./refusals.ts";
import type { RpcError } from "./rpc.ts";

/** Why a contract refused, decoded as far as its ABI is known. */
export interface Revert {
  /** Name of the custom error, `Error`, `Panic`, or undefined when there was no data. */
  name?: string;
  args: Record<string, string>;
  /** One readable line. */
  message: string;
  /** What to do about it, where the contracts are ours. */
  next?: string;
}

/** Solidity documentation, "Panic via assert and Error via require". */
const PANICS = new Map(
  Object.entries<string>({
    "1": "an assertion failed",
    "17": "an arithmetic overflow",
    "18": "a division by zero",
    "50": "an index out of bounds",
    "65": "out of memory",
  }),
);

const words = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();

const refusalOf = (name: string): Refusal | undefined =>
  Object.hasOwn(REFUSALS, name) ? REFUSALS[name as keyof typeof REFUSALS] : undefined;

/** Revert data in hex → name, arguments and a line to read. */
export function decodeRevert(data: Hex | undefined, abi: Abi): Revert {
  if (data === undefined || data === "0x") return { args: {}, message: "reverted without a reason" };
  let decoded: DecodeErrorResultReturnType;
  try {
    decoded = decodeErrorResult({ abi, data });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { args: { data }, message: `reverted with unknown data ${data.slice(0, 138)}` };
  }
  const { errorName: name, args: values = [], abiItem } = decoded;
  const inputs = "inputs" in abiItem ? abiItem.inputs : [];
  const args = Object.fromEntries(
    (values as readonly unknown[]).map((value, index) => [inputs[index]?.name || `argument${index}`, String(value)]),
  );
  const first = String(values[0] ?? "");
  if (name === "Error") return { name, args: { reason: first }, message: first };
  if (name === "Panic") return { name, args: { code: first }, message: PANICS.get(first) ?? `panic ${first}` };
  const refusal = refusalOf(name);
  if (refusal !== undefined) return { name, args, message: refusal.says(args), next: refusal.next };
  const particulars = Object.entries(args).map(([key, value]) => `${words(key)} ${value}`);
  return { name, args, message: particulars.length === 0 ? words(name) : `${words(name)} (${particulars.join(", ")})` };
}

/**
 * The revert data in a node's refusal, or undefined when it refused for another reason. Geth, anvil and our node put it into `data`;
 * Hardhat nests it; Filecoin's Lotus writes it into the message.
 */
export function revertData(error: RpcError): Hex | undefined {
  const { data } = error;
  const nested = typeof data === "object" && data !== null ? (data as { data?: unknown }).data : data;
  if (typeof nested === "string" && /^0x([0-9a-fA-F]{2})*$/.test(nested)) return nested as Hex;
  const inText = /(?:revert reason|vm error)=\[?(0x[0-9a-fA-F]*)/.exec(error.message)?.[1];
  if (inText !== undefined) return inText as Hex;
  return /revert/i.test(error.message) ? "0x" : undefined;
}

/** The error that stands for a refusal by a contract: `reverted` with details {error, args}, or `insufficient-funds` with {account, need, have}. */
export function revertedError(revert: Revert): CairnError {
  const { account, need, have } = revert.args;
  if (revert.name === "InsufficientFunds" && account !== undefined && need !== undefined && have !== undefined) {
    return insufficientFunds(
      account.toLowerCase() as Address,
      BigInt(need),
      BigInt(have),
      REFUSALS.InsufficientFunds.next,
    );
  }
  return new CairnError(`the contract refused: ${revert.message}`, {
    code: "reverted",
    kind: "conflict",
    next: revert.next ?? "Run `cairn doctor`: the chain may be another one, or behind.",
    details: { ...(revert.name === undefined ? {} : { error: revert.name }), args: revert.args },
  });
}

/** Too few coins for gas or value, or too small a deposit in the contract. */
export function insufficientFunds(account: Address, need: Money, have: Money, next: string): CairnError {
  const [has, needs] = compareCoins(have, need);
  return new CairnError(`${account} has ${has}, which is less than ${needs}`, {
    code: "insufficient-funds",
    kind: "exhausted",
    details: { account, need: need.toString(), have: have.toString() },
    next,
  });
}
