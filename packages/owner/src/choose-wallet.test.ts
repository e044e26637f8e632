import { expect, it } from "vitest";
import { chooseWallet, type PayingWallet } from "./choose-wallet.ts";

const COIN = 10n ** 18n;
const wallet = (name: string, deposit: bigint, cannotSign?: string): PayingWallet => ({
  address: `0x${"1".repeat(40)}`,
  name,
  deposit,
  cannotSign,
});

it("takes the first in order that can sign and has enough, and says why not those before it", () => {
  const all = [
    wallet("a", COIN),
    wallet("b", 9n * COIN, "its vault is locked"),
    wallet("c", 3n * COIN),
    wallet("d", 9n * COIN),
  ];
  const { wallet: chosen, passedOver } = chooseWallet(all, 2n * COIN);
  expect(chosen.name).toBe("c");
  expect(passedOver).toEqual(["a: has 1 CAIRN deposited, and about 2 CAIRN are needed", "b: its vault is locked"]);
  expect(chooseWallet(all, COIN)).toMatchObject({ wallet: { name: "a" }, passedOver: [] });
});

it("refuses where none can, with what each has", () => {
  expect(() => chooseWallet([wallet("a", 0n), wallet("b", COIN)], 2n * COIN)).toThrow(
    expect.objectContaining({
      code: "insufficient-funds",
      message: expect.stringMatching(/a: has 0 .*; b: has 1 CAIRN/),
    }),
  );
  expect(() => chooseWallet([], 0n)).toThrow(expect.objectContaining({ code: "insufficient-funds" }));
});
