import { addressOfKey, type Hex, signTyped } from "@cairn/protocol";
import { expect, it } from "vitest";
import type { Owner } from "../account/owner.ts";
import { payingOwner } from "./paying-wallet.ts";

const KEYS: Hex[] = ["1", "2", "3"].map((digit) => `0x${digit.repeat(64)}` as const);
const [home, vault, custodial] = KEYS.map((key) => addressOfKey(key)) as [Hex, Hex, Hex];
const CONTEXT = { chainId: 7, deals: `0x${"dd".repeat(20)}`, registry: `0x${"ee".repeat(20)}` } as const;
const MESSAGE = { documentHash: `0x${"11".repeat(32)}`, expiry: 5n } as const;

function session(deposits: Record<string, bigint>, signsWith: Hex = KEYS[2]!) {
  const said: string[] = [];
  const wallet = (address: Hex, name: string, kind: string) => ({ address, name, kind, unlockedUntil: null });
  return {
    said,
    client: {
      wallets: async () => [
        wallet(home, "first", "client"),
        wallet(vault, "safe", "vault"),
        wallet(custodial, "till", "custodial"),
      ],
      account: async (owner: string) => ({ balance: String(deposits[owner] ?? 0n), coins: "0" }),
      signWith: async () => ({
        message: {},
        signature: signTyped("Termination", MESSAGE, CONTEXT as never, signsWith),
      }),
    },
    output: { say: (...lines: string[]) => void said.push(...lines) },
  };
}
const account = { wallet: { address: home, key: KEYS[0]! }, signer: { address: home } } as unknown as Owner;
const need = async () => 10n;
/** Of a home that knows all of them. */
const wallets = { owns: async () => true };

it("pays from the first wallet of the settings' order that can sign and has enough, and says which and why", async () => {
  const at = session({ [home]: 3n, [vault]: 50n, [custodial]: 20n });
  const settings = { wallets: [home, vault, custodial] };
  const owner = await payingOwner(at as never, account, { named: undefined, settings, need, wallets });
  expect(owner.signer.address).toBe(custodial);
  expect(at.said).toEqual([
    expect.stringMatching(/^Not paid from first: has .* deposited, and about .* are needed\.$/),
    "Not paid from safe: its vault is locked.",
    `Paid from the wallet till (${custodial}).`,
  ]);
  // It signs at the gateway, whose signature is held against the wallet.
  expect(await owner.signer.sign("Termination", MESSAGE, CONTEXT as never)).toMatch(/^0x/);
});

it("pays from the wallet that is named, by name, 0x or f410f, with the home's key where it is that one's", async () => {
  const at = session({});
  for (const named of ["first", home])
    expect(await payingOwner(at as never, account, { named, settings: {}, need, wallets })).toBe(account);
  expect((await payingOwner(at as never, account, { named: "till", settings: {}, need, wallets })).signer.address).toBe(
    custodial,
  );
  expect(await payingOwner(at as never, account, { named: undefined, settings: {}, need, wallets })).toBe(account);
  await expect(payingOwner(at as never, account, { named: "safe", settings: {}, need, wallets })).rejects.toMatchObject(
    {
      code: "insufficient-funds",
    },
  );
  await expect(payingOwner(at as never, account, { named: "none", settings: {}, need, wallets })).rejects.toMatchObject(
    {
      code: "unknown-wallet",
    },
  );
});

it("takes no wallet that this home does not know, unless its address was typed: the order of payment and names are the gateway's", async () => {
  const at = session({ [home]: 50n, [vault]: 50n, [custodial]: 50n });
  const wallets = { owns: async (address: string) => address === vault };
  const settings = { wallets: [custodial, home] };
  const pay = (named: string | undefined) => payingOwner(at as never, account, { named, settings, need, wallets });
  expect(await pay(undefined)).toBe(account);
  expect(at.said[0]).toMatch(/^Not paid from till: this home does not know it for yours/);
  await expect(pay("till")).rejects.toMatchObject({
    code: "unknown-wallet",
    next: expect.stringContaining("--wallet"),
  });
  expect((await pay(custodial)).signer.address).toBe(custodial);
  settings.wallets = [custodial];
  await expect(pay(undefined)).rejects.toMatchObject({ code: "insufficient-funds" });
});

it("takes no signature of another wallet from the gateway", async () => {
  const at = session({}, KEYS[1]!);
  const owner = await payingOwner(at as never, account, { named: "till", settings: {}, need, wallets });
  await expect(owner.signer.sign("Termination", MESSAGE, CONTEXT as never)).rejects.toMatchObject({
    code: "gateway-lies",
  });
});
