import { CairnError } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import type { SubmissionResult } from "./ports/ledger.ts";
import { sendForEach, submitRefusal } from "./refusal.ts";

const taken: SubmissionResult = { transaction: "0x01", block: 1, ok: true };
const inVain: SubmissionResult = { transaction: "0x02", block: 2, ok: false, revert: "over" };
const away = new CairnError("the chain is away", { code: "chain-unreachable", kind: "unavailable" });
const foreseen = new CairnError("not yours", { code: "reverted", kind: "conflict" });
const throwing = (error: Error) => async () => {
  throw error;
};

describe("submitRefusal", () => {
  it("gives the refusal that the node foresaw, and that of a transaction mined in vain", async () => {
    expect(await submitRefusal(async () => taken)).toBeUndefined();
    expect(await submitRefusal(throwing(foreseen))).toBe(foreseen);
    expect(await submitRefusal(async () => inVain)).toMatchObject({ code: "reverted", message: "over" });
  });

  it("throws what is not the contract's word", async () => {
    await expect(submitRefusal(throwing(away))).rejects.toBe(away);
  });
});

describe("sendForEach", () => {
  it("sends once while nothing is refused, and nothing about nothing", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      return taken;
    };
    expect(await sendForEach([1, 2, 3], send)).toEqual([]);
    expect(await sendForEach([], send)).toEqual([]);
    expect(sent).toEqual([[1, 2, 3]]);
  });

  it("sends each alone where they are refused together, and names the bad ones", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      return items.includes(2) ? inVain : taken;
    };
    expect(await sendForEach([1, 2, 3], send)).toMatchObject([{ item: 2, refusal: { message: "over" } }]);
    expect(sent).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it("sends what is still open alone, though it is only one, and blames nothing for what was refused together", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      return items.includes(1) ? inVain : taken;
    };
    expect(await sendForEach([1, 2], send, async () => [2])).toEqual([]);
    expect(sent).toEqual([[1, 2], [2]]);
  });

  it("stops at the first failure that is no refusal", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      if (items.length > 1) return inVain;
      throw away;
    };
    await expect(sendForEach([1, 2], send)).rejects.toBe(away);
    expect(sent).toEqual([[1, 2], [1]]);
  });
});
