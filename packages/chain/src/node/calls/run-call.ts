import type { Hex } from "@cairn/protocol";
import type { Block } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import type { MerkleStateManager } from "@ethereumjs/statemanager";
import { createFeeMarket1559Tx } from "@ethereumjs/tx";
import {
  Account,
  type Address,
  bigIntMax,
  bytesToHex,
  createAddressFromString,
  createZeroAddress,
} from "@ethereumjs/util";
import { runTx, type VM } from "@ethereumjs/vm";
import { decodeErrorResult, parseAbi } from "viem";
import { shellBlock } from "../execution/chain-state.ts";
import type { CallRequest } from "../rpc/parse.ts";
import { RPC, RpcError } from "../rpc-error.ts";
import type { CallMachine } from "./call-machine.ts";
import type { CallBlock, CallJob } from "./types.ts";

/** The machine's own word for a failure, and what was returned with it. */
interface Failure {
  error: string;
  data: Uint8Array;
}

const STANDARD_ERRORS = parseAbi(["error Error(string reason)", "error Panic(uint256 code)"]);

/** The reason in a revert, when it is one of Solidity's own. */
function reasonOf(data: Uint8Array): string {
  try {
    const { errorName, args } = decodeErrorResult({ abi: STANDARD_ERRORS, data: bytesToHex(data) });
    return errorName === "Error" ? `: ${args[0]}` : `: panic code 0x${args[0].toString(16)}`;
  } catch (error) {
    if (error instanceof Error) return "";
    throw error;
  }
}

function failed({ error, data }: Failure): RpcError {
  const next = "Read the reason, and correct the call.";
  if (error !== "revert") return new RpcError(RPC.server, error, { code: "chain-call-failed", kind: "input", next });
  const details: Hex = bytesToHex(data);
  return new RpcError(
    RPC.revert,
    `execution reverted${reasonOf(data)}`,
    { code: "chain-reverted", kind: "input", next },
    details,
  );
}

function addressOf(text: string | undefined): Address | undefined {
  return text === undefined ? undefined : createAddressFromString(text);
}

/** What a call is carried out with. */
export interface CallContext {
  machine: CallMachine;
  common: Common;
  /** Wei per gas of every block. */
  baseFee: bigint;
}

/** Calls run in the block they are asked about; without a price they see a base fee of zero, as in geth. */
function shellOf({ context }: CallBlock, priced: boolean, common: Common): Block {
  return shellBlock(priced ? context : { ...context, baseFeePerGas: 0n }, common);
}

/** Bytes of init code, EIP-3860: more fails inside the machine before it begins. */
const MAX_INIT_CODE = 49_152;

function assertInitCode({ to, data }: CallRequest): void {
  if (to !== undefined || data.length <= MAX_INIT_CODE) return;
  throw failed({ error: `max initcode size exceeded: ${data.length} > ${MAX_INIT_CODE}`, data: new Uint8Array(0) });
}

/** The caller's account. @throws RpcError when it does not hold `value` */
async function accountWith(state: MerkleStateManager, from: Address, value: bigint): Promise<Account> {
  const account = (await state.getAccount(from)) ?? new Account();
  if (account.balance >= value) return account;
  throw new RpcError(RPC.server, "insufficient funds for gas * price + value", {
    code: "chain-insufficient-funds",
    kind: "input",
    next: "Fund the account.",
  });
}

/** `eth_call`: what the call returns. @throws RpcError with code 3 and the revert data */
export async function runCall({ machine, common }: CallContext, job: CallJob): Promise<Uint8Array> {
  const { block, request, maxGas } = job;
  assertInitCode(request);
  const outcome = await machine.run(block.stateRoot, async (vm, state) => {
    const caller = addressOf(request.from) ?? createZeroAddress();
    await accountWith(state, caller, request.value);
    const { execResult } = await vm.evm.runCall({
      block: shellOf(block, request.gasPrice !== undefined, common),
      caller,
      ...(request.to === undefined ? {} : { to: createAddressFromString(request.to) }),
      data: request.data,
      value: request.value,
      gasPrice: request.gasPrice ?? 0n,
      gasLimit: request.gas === undefined || request.gas > maxGas ? maxGas : request.gas,
    });
    return { data: execResult.returnValue, error: execResult.exceptionError?.error };
  });
  if (outcome.error !== undefined) throw failed({ error: outcome.error, data: outcome.data });
  return outcome.data;
}

/** How near to the least gas an estimate comes, as a divisor: 1/64. */
const PRECISION = 64n;
/** Gas that a call with value passes on and that must be there though it is not used. */
const STIPEND = 2300n;

/** `eth_estimateGas`: gas with which the transaction succeeds, at most 1/64 above the least. */
export async function estimateGas(context: CallContext, { block, request, maxGas }: CallJob): Promise<bigint> {
  assertInitCode(request);
  const cap = request.gas === undefined || request.gas > maxGas ? maxGas : request.gas;
  return await context.machine.run(block.stateRoot, async (vm, state) => {
    const from = addressOf(request.from) ?? createZeroAddress();
    const account = await accountWith(state, from, request.value);
    const attempt = attemptWith(context, vm, state, block, request, from, account.nonce);
    const first = await attempt(cap);
    if ("error" in first) {
      throw first.error === "out of gas"
        ? failed({ error: `gas required exceeds allowance (${cap})`, data: first.data })
        : failed(first);
    }
    return await leastGas(attempt, first, cap);
  });
}

type Attempt = (gas: bigint) => Promise<{ spent: bigint; refund: bigint } | Failure>;

function attemptWith(
  { common, baseFee }: CallContext,
  vm: VM,
  state: MerkleStateManager,
  block: CallBlock,
  request: CallRequest,
  from: Address,
  nonce: bigint,
): Attempt {
  const shell = shellOf(block, true, common);
  return async (gasLimit) => {
    const transaction = createFeeMarket1559Tx(
      {
        gasLimit,
        nonce,
        value: request.value,
        data: request.data,
        maxFeePerGas: baseFee,
        accessList: request.accessList,
        ...(request.to === undefined ? {} : { to: createAddressFromString(request.to) }),
      },
      { common, freeze: false },
    );
    transaction.getSenderAddress = () => from;
    if (gasLimit < transaction.getIntrinsicGas()) return { error: "out of gas", data: new Uint8Array(0) };
    await state.checkpoint();
    try {
      const result = await runTx(vm, { tx: transaction, block: shell, skipBalance: true, skipNonce: true });
      const failure = result.execResult.exceptionError;
      if (failure !== undefined) return { error: failure.error, data: result.execResult.returnValue };
      return { spent: result.totalGasSpent, refund: result.gasRefund };
    } finally {
      await state.revert();
    }
  };
}

/** The search of geth, after a try with exactly what was used: a good guess first, then halving. */
async function leastGas(attempt: Attempt, first: { spent: bigint; refund: bigint }, cap: bigint): Promise<bigint> {
  if (!("error" in (await attempt(first.spent)))) return first.spent;
  let low = first.spent;
  let high = cap;
  const guess = ((first.spent + first.refund + STIPEND) * 64n) / 63n;
  if (guess < high) {
    if ("error" in (await attempt(guess))) low = guess;
    else high = guess;
  }
  while (low + 1n < high && high - low > high / PRECISION) {
    let middle = (low + high) / 2n;
    if (middle > low * 2n) middle = bigIntMax(low * 2n, low + 1n);
    if ("error" in (await attempt(middle))) low = middle;
    else high = middle;
  }
  return high;
}
