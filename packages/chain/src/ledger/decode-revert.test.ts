import { errorsAbi } from "@cairn/contracts";
import { type AbiParameter, encodeErrorResult, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import { decodeRevert, revertedError } from "./decode-revert.ts";
import { REFUSALS } from "./refusals.ts";

/** A value of an argument's kind, as different as possible from every other. */
function example({ type, name }: AbiParameter): unknown {
  if (type === "address") return "0x00000000000000000000000000000000000000aa";
  if (type === "bytes32") return `0x${"5e".repeat(32)}`;
  if (type === "string") return "endPeriod";
  if (name === "state" || name === "verdict") return 4;
  if (/^(need|have|amount|pricePerPeriod|maxPrice|priceFloor|maxEscrow)$/.test(name ?? "")) return 1_500n * 10n ** 15n;
  return /^uint(8|16|32|48)$/.test(type) ? 77 : 77n;
}

describe("what the contracts refuse with", () => {
  const errors = [...new Map(errorsAbi.map((error) => [error.name, error])).values()];

  it("is in the table, every error of every contract and no other", () => {
    expect(errors.length).toBeGreaterThan(50);
    expect(Object.keys(REFUSALS).sort()).toEqual(errors.map(({ name }) => name).sort());
  });

  it.each(errors.map((error) => [error.name, error] as const))("%s is a sentence with a next step", (name, error) => {
    const inputs = error.inputs as readonly AbiParameter[];
    const amounts = name !== "CapacityExceeded"; // Bytes.
    const data = encodeErrorResult({ abi: [error], errorName: name, args: inputs.map(example) } as never);
    const told = revertedError(decodeRevert(data, errorsAbi));
    expect(told.message).toMatch(/^[a-z0-9]/);
    expect(told.message).not.toMatch(/undefined|NaN|\.$/);
    expect(told.message).not.toContain(name);
    if (amounts) expect(told.message).not.toMatch(/1500000000000000000|\bwei\b/);
    expect(told.next).toMatch(/^[A-Z`].*\.$/);
    expect(["reverted", "insufficient-funds"]).toContain(told.code);
  });

  it("names amounts in coins, times as times, and who is concerned", () => {
    const say = (errorName: string, ...args: unknown[]) =>
      decodeRevert(encodeErrorResult({ abi: errorsAbi, errorName, args } as never), errorsAbi).message;
    expect(say("EscrowLimit", 2n * 10n ** 18n, 10n ** 17n)).toBe(
      "the deals need 2 CAIRN in escrow, above the 0.1 CAIRN that the owner signed",
    );
    expect(say("SignatureExpired", 1_700_000_000n)).toBe("what was signed was valid until 2023-11-14T22:13:20Z");
    expect(say("WrongState", `0x${"ab".repeat(32)}`, 5)).toBe(
      "deal 0xababababab… is expired, in which this cannot be done",
    );
  });

  it("is told as it is where it is no error of the contracts", () => {
    expect(decodeRevert(undefined, errorsAbi).message).toBe("reverted without a reason");
    expect(decodeRevert("0x12345678" as Hex, errorsAbi).message).toContain("unknown data 0x12345678");
    const panic = encodeErrorResult({
      abi: [{ type: "error", name: "Panic", inputs: [{ type: "uint256", name: "code" }] }],
      errorName: "Panic",
      args: [17n],
    });
    expect(decodeRevert(panic, errorsAbi).message).toBe("an arithmetic overflow");
  });
});
