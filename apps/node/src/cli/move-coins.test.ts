import { errorsAbi, storageDealsAbi } from "@cairn/contracts";
import { BaseError, ContractFunctionExecutionError, ContractFunctionRevertedError, encodeErrorResult } from "viem";
import { describe, expect, it } from "vitest";
import { checkMove, walletError } from "./move-coins.ts";

const COIN = 10n ** 18n;

/** As the library wraps a contract's refusal of a call. */
function refused(errorName: string, args: readonly unknown[]): Error {
  const data = encodeErrorResult({ abi: errorsAbi, errorName, args } as never);
  const cause = new ContractFunctionRevertedError({ abi: storageDealsAbi, data, functionName: "withdraw" });
  return new ContractFunctionExecutionError(cause, { abi: storageDealsAbi, functionName: "withdraw", args: [] });
}

describe("a wallet that is refused", () => {
  it("says why in amounts of coins, with what to do", () => {
    const owner = "0x00000000000000000000000000000000000000aa";
    const short = walletError(refused("InsufficientFunds", [owner, 3n * COIN, COIN]), "withdraw", 3n * COIN);
    expect(short).toMatchObject({
      code: "insufficient-funds",
      kind: "exhausted",
      message: expect.stringMatching(/^cannot withdraw 3 CAIRN: 0x0+aa has 1 CAIRN.* less than 3 CAIRN$/i),
      next: expect.stringContaining("cairn wallet deposit"),
    });
    const stuck = walletError(refused("TransferFailed", [owner, COIN]), "withdraw", COIN);
    expect(stuck).toMatchObject({ code: "reverted", next: expect.stringMatching(/\.$/) });
    expect(stuck.message).toContain("does not take the 1 CAIRN");
  });

  it("never shows the library's own text", () => {
    const poor = walletError(
      new BaseError("Execution failed.", { details: "total cost exceeds the balance" }),
      "send",
      COIN,
    );
    expect(poor).toMatchObject({ code: "insufficient-funds", next: expect.stringContaining("Send coins") });
    const away = walletError(new BaseError("HTTP request failed.\nURL: x\nVersion: viem"), "deposit", COIN);
    expect(away.message).toBe("cannot deposit 1 CAIRN: HTTP request failed.");
    expect(away.next).toContain("cairn status");
  });
});

describe("a move of coins", () => {
  it("is refused before anything is made for it where something is missing", () => {
    expect(checkMove("deposit", COIN, undefined)).toEqual({ action: "deposit", amount: COIN });
    for (const [action, amount, to, named] of [
      ["deposit", undefined, undefined, "the amount is missing"],
      ["send", COIN, undefined, "the address to send to is missing"],
      ["send", COIN, "0x12", '"0x12" is not an address'],
    ] as const) {
      expect(() => checkMove(action, amount, to)).toThrowError(
        expect.objectContaining({ code: "bad-input", message: named }),
      );
    }
  });
});
