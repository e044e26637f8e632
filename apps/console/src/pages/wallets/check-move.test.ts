import type { Address } from "@cairn/protocol";
import { address0xToF410 } from "@cairn/protocol/filecoin-address";
import { expect, it } from "vitest";
import { checkMove } from "./check-move.ts";

const COIN = 10n ** 18n;
const OWN: Address = `0x${"11".repeat(20)}`;
const OTHER: Address = `0x${"ab".repeat(20)}`;
const HAS = { address: OWN, coins: 2n * COIN, deposit: COIN };
const typed = { kind: "send", amount: "1.5", to: OTHER, wallet: OWN } as const;

it("a move is what was typed, to the wei, with either text of an address", () => {
  expect(checkMove(typed, HAS)).toEqual({ kind: "send", amount: (3n * COIN) / 2n, to: OTHER });
  expect(checkMove({ ...typed, to: ` ${address0xToF410(OTHER, "t")} ` }, HAS)).toMatchObject({ to: OTHER });
  expect(checkMove({ ...typed, kind: "deposit", to: "", wallet: OTHER }, HAS)).toEqual({
    ...{ kind: "deposit", amount: (3n * COIN) / 2n, wallet: OTHER },
  });
  expect(checkMove({ ...typed, kind: "withdraw", amount: "1" }, HAS)).toEqual({ kind: "withdraw", amount: COIN });
});

it("what is more than there is, no amount or no address is said at its field", () => {
  expect(checkMove({ ...typed, amount: "2.000000000000000001" }, HAS)).toEqual({
    ...{ field: "amount", why: "more", most: 2n * COIN },
  });
  expect(checkMove({ ...typed, kind: "withdraw" }, HAS)).toMatchObject({ field: "amount", most: COIN });
  expect(checkMove({ ...typed, amount: "1,5" }, HAS)).toEqual({ field: "amount", why: "no-number" });
  expect(checkMove({ ...typed, to: " " }, HAS)).toEqual({ field: "to", why: "empty" });
  expect(checkMove({ ...typed, to: `${OTHER}0` }, HAS)).toEqual({ field: "to", why: "address" });
  expect(checkMove({ ...typed, to: OWN.toUpperCase().replace("X", "x") }, HAS)).toEqual({ field: "to", why: "itself" });
});
