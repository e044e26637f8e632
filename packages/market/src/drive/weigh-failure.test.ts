import { type DealRecord, emptySlot } from "@cairn/core";
import { CairnError, type DealState } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import type { SlotRow } from "../slot-rows.ts";
import { weighFailure } from "./weigh-failure.ts";

const deal = "0x01" as const;
/** Proposed at 100. */
const slot = { state: { ...emptySlot("spool"), phase: "PROPOSED", deal, deadline: 1000 } } as unknown as SlotRow;
const failed = { type: "provider-failed", cause: "It did not", hopeless: true, breach: "refused" } as const;

const weigh = (
  state: DealState | undefined,
  code: string,
  now: number,
  more: { never?: boolean; askedAt?: number } = {},
) =>
  weighFailure(
    {
      chainNow: () => now,
      deployment: { proposalSeconds: 900 },
      ledger: { deal: async () => state && ({ deal, state, deadline: 1000 } as unknown as DealRecord) },
    } as never,
    slot,
    { ...failed, ...(more.never === undefined ? {} : { never: more.never }) },
    { code, askedAt: more.askedAt ?? now, timeoutSeconds: 60 },
  );

describe("weighFailure", () => {
  it("takes a proposal that was withdrawn, or was taken up, for nobody's broken promise, whatever its provider answers", async () => {
    for (const state of ["CANCELLED", "ACTIVE", "COMPLETED"] as const) {
      for (const code of ["not-reserved", "refused", "full", "provider-timeout"]) {
        expect(await weigh(state, code, 500)).toMatchObject({ type: "chain", deal, state });
      }
    }
  });

  it("lets a refusal count while the proposal stands", async () => {
    expect(await weigh("PROPOSED", "refused", 101)).toEqual(failed);
  });

  it("believes a provider that it does not see the proposal for as long as its chain may lag, and calls it a failure then", async () => {
    for (const code of ["not-reserved", "unknown-deal"]) {
      expect(await weigh("PROPOSED", code, 219)).toMatchObject({ type: "blocked" });
      expect(await weigh("PROPOSED", code, 220)).toEqual({ ...failed, breach: "failed" });
    }
  });

  it("asks again where this gateway's chain does not know the proposal, or does not answer", async () => {
    expect(await weigh(undefined, "refused", 500)).toMatchObject({ type: "blocked" });
    expect(await weigh("NONE", "refused", 500)).toMatchObject({ type: "blocked" });
    const away = new CairnError("the chain is away", { code: "chain-unreachable", kind: "unavailable" });
    const ledger = { deal: () => Promise.reject(away) };
    const about = { code: "refused", askedAt: 500, timeoutSeconds: 60 };
    expect(await weighFailure({ ledger, chainNow: () => 500 } as never, slot, failed, about)).toMatchObject({
      type: "blocked",
      cause: "the chain is away",
    });
  });

  it("holds a proposal that ran out against a provider that was asked in good time only", async () => {
    expect(await weigh("EXPIRED", "not-reserved", 1001, { askedAt: 800 })).toEqual({ ...failed, breach: "failed" });
    expect(await weigh("EXPIRED", "not-reserved", 1001, { askedAt: 950 })).toMatchObject({ type: "chain" });
    // Nobody has ended it on chain yet.
    expect(await weigh("PROPOSED", "refused", 1001, { askedAt: 939 })).toEqual({ ...failed, breach: "failed" });
    expect(await weigh("PROPOSED", "refused", 1001, { askedAt: 940 })).toMatchObject({ type: "blocked" });
  });

  it("needs no chain for a lie, which is signed", async () => {
    expect(await weigh("CANCELLED", "wrong-receipt", 500, { never: true })).toEqual({ ...failed, never: true });
  });
});
