import { type Abi, encodeErrorResult, type Hex, parseAbi } from "viem";

/**
 * Called without data it adds one to its storage slot 0; called with data it reverts with that data. By hand:
 * CALLDATASIZE ISZERO ?add CALLDATACOPY REVERT; add: SSTORE(0, SLOAD(0) + 1).
 */
export const ECHO_BYTECODE: Hex = "0x601a600c600039601a6000f33615600f57366000600037366000fd5b60016000540160005500";

export const ECHO_ABI: Abi = parseAbi(["error PriceTooLow(uint256 offered, uint256 floor)", "error NotOpen()"]);

export function priceTooLow(offered: bigint, floor: bigint): Hex {
  return encodeErrorResult({ abi: ECHO_ABI, errorName: "PriceTooLow", args: [offered, floor] });
}
