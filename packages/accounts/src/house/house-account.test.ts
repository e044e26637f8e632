import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AccountsWorld, accountsWorld, HOME_SECRET, SIGNING } from "../testing/accounts-world.ts";
import { houseAccount } from "./house-account.ts";

let world: AccountsWorld;
beforeEach(async () => {
  world = await accountsWorld();
});
afterEach(() => world.database.drop());

const open = (account = "toy:anna", secret = HOME_SECRET) =>
  houseAccount(world, { account, secret, dailyLimit: 10n ** 18n, makeOpenPgpKey: async () => `key ${Math.random()}` });

describe("a house account", () => {
  it("is made once, however many ask at once, and opens with the same keys after that", async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => open()));
    const [first] = all;
    for (const one of [...all, await open()]) {
      expect([one.openpgp, one.signer.address]).toEqual([first!.openpgp, first!.signer.address]);
      expect(Buffer.from(one.lookupKey)).toEqual(Buffer.from(first!.lookupKey));
    }
    const other = await open("toy:bert");
    expect(other.signer.address).not.toBe(first!.signer.address);
    const capability = { documentHash: `0x${"1".repeat(64)}`, audience: first!.signer.address, expiry: 9n } as const;
    expect(await first!.signer.sign("ReadCapability", capability, SIGNING)).toMatch(/^0x[0-9a-f]{130}$/);
  });

  it("keeps nothing in the clear, and says so when it is opened with another secret", async () => {
    const { openpgp } = await open();
    const { rows } = await world.pool.query("select encrypted from accounts.house");
    expect(rows[0].encrypted.includes(Buffer.from(openpgp))).toBe(false);
    await expect(open("toy:anna", "another")).rejects.toMatchObject({ code: "wrong-key" });
  });

  it("is called by what fits a door's name and its user's", async () => {
    for (const account of [
      "",
      "local",
      "toy:",
      "Toy:anna",
      "toy:a b",
      `toy:${"a".repeat(65)}`,
      "toy:../x",
      "toy:a:b",
    ]) {
      await expect(open(account)).rejects.toMatchObject({ code: "bad-account" });
    }
  });
});
