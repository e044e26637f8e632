import { expect, it } from "vitest";
import { faucetCame } from "./faucet-came.ts";

const has = (own: number, deposit: number) => ({
  coins: `${own}${"0".repeat(18)}`,
  balance: `${deposit}${"0".repeat(18)}`,
});

it("says of a faucet what came, by what there is more than before", () => {
  expect(faucetCame(has(0, 0), has(10, 1000)).text).toBe("The faucet gave 10 coins, and a deposit of 1 000 coins.");
  expect(faucetCame(has(0, 1000), has(10, 1000)).text).toBe("The faucet gave 10 coins.");
  expect(faucetCame(has(5, 0), has(5, 1000)).text).toBe("The faucet gave a deposit of 1 000 coins.");
});

it("says plainly that nothing came, whether there are coins still or none", () => {
  const still = faucetCame(has(5, 1000), has(5, 1000));
  const none = faucetCame(has(0, 1000), has(0, 999));
  expect([still.isNothing, none.isNothing]).toEqual([true, true]);
  expect(still.text).toMatch(/^Nothing came: the faucet has given/);
  expect(none.text).toMatch(/^Nothing came: the faucet has given/);
});
