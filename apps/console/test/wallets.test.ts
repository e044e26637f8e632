import { readFile } from "node:fs/promises";
import type { FiguresJson, WalletJson } from "@cairn/client";
import { addressOfKey, type Hex } from "@cairn/protocol";
import { signTransaction } from "@cairn/protocol/sign-transaction";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../node/test/support/network.ts";
import { openConsole, PATIENCE, PHONE, seriousFaults, settled, type TestConsole, tooWide } from "./support/console.ts";

/** Until blocks have come and are final, on a machine that has much else to do. */
const LONG = { timeout: 300_000 };
const COIN = 10n ** 18n;
const PASSPHRASE = "four words of hers";
/** Of somebody else, whom the gateway does not know. */
const FOREIGN: Hex = `0x${"5e".repeat(32)}`;

let console: TestConsole;
/** One page throughout: its key is in its browser. */
let page: Page;
let chainUrl: string;
beforeAll(async () => {
  console = await openConsole();
  ({ chainUrl } = await console.network.run());
  page = await console.at("/welcome");
});
afterEach(() => {
  expect(console?.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await console?.closePages();
  await console?.close();
});

async function rpc<T = Hex>(method: string, ...params: unknown[]): Promise<T> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const answer = await fetch(chainUrl, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = (await answer.json()) as { result?: T; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result as T;
}
const balanceOf = async (address: string) => BigInt(await rpc("eth_getBalance", address, "latest"));
const button = (name: string) => page.getByRole("button", { name, exact: true });
const wallets = async (): Promise<WalletJson[]> => (await console.network.client()).wallets();
const first = async (): Promise<WalletJson> => {
  const [one] = await wallets();
  if (one === undefined) throw new Error("there is no wallet");
  return one;
};

/** A payment by somebody outside, to the wallet. */
async function paidFromOutside(to: Hex, amount: bigint): Promise<Hex> {
  const from = addressOfKey(FOREIGN);
  if ((await balanceOf(from)) < amount) {
    await rpc("cairn_faucet", from, `0x${(10n * COIN).toString(16)}`);
    await until(
      () => balanceOf(from),
      (has) => has > amount,
      120,
      "the faucet",
    );
  }
  const nonce = Number(await rpc("eth_getTransactionCount", from, "latest"));
  const { chainId } = (await (await console.network.client()).network()).deployment;
  const fees = { maxFeePerGas: 100n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 9n };
  const { raw } = signTransaction(
    { to, data: "0x", value: amount },
    { chainId, nonce, gas: 21_000n, ...fees },
    FOREIGN,
  );
  return rpc("eth_sendRawTransaction", raw);
}

/** Where the key was locked meanwhile, it is asked for. */
async function unlock(): Promise<void> {
  await page.getByRole("dialog", { name: "Unlock your key" }).waitFor(PATIENCE);
  await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await button("Unlock").click();
}

describe("a wallet in the console", () => {
  it("is made with the key, and says where to send coins: both texts, the network, a code", async () => {
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await page.getByLabel("Passphrase again").fill(PASSPHRASE);
    await button("Make the key").click();
    await page.getByRole("link", { name: "Next", exact: true }).click();
    await button("Use this wallet").click();
    await page.getByText("The wallet is yours and has a deposit.").waitFor(LONG);
    const { address, filecoin } = await first();
    await page.getByRole("link", { name: "Wallets", exact: true }).click();
    await page.getByRole("cell", { name: "with its user" }).waitFor(PATIENCE);
    await page.getByRole("rowheader").getByRole("link").click();
    await page.getByText(address, { exact: true }).first().waitFor(PATIENCE);
    await page.getByText(filecoin, { exact: true }).waitFor(PATIENCE);
    const { chainId } = (await (await console.network.client()).network()).deployment;
    await page.getByText(`chain id ${chainId}`).waitFor(PATIENCE);
    await page.getByRole("img", { name: `QR code of ${address}` }).waitFor(PATIENCE);
  });

  it("is filled from the faucet where it has no coins, and it is said what came, and when nothing did", async () => {
    const { address } = await first();
    const client = await console.network.client();
    const before = await client.account(address);
    expect(before.coins).toBe("0");
    await button("Fill it from the faucet").click();
    await page.getByText("The faucet gave 10 coins.", { exact: true }).waitFor(LONG);
    const after = await client.account(address);
    expect(after).toMatchObject({ coins: String(10n * COIN), balance: before.balance });
    await button("Fill it from the faucet").click();
    await page.getByText("Nothing came: the faucet has given its deposit already", { exact: false }).waitFor(LONG);
    expect(await client.account(address)).toEqual(after);
  });

  it("shows coins from outside from the first, counting up until they are confirmed, with a link to an explorer", async () => {
    const { address } = await first();
    const client = await console.network.client();
    await client.changeSettings({
      ...(await client.settings()),
      ...{ confirmations: 4, explorer: "https://explorer.example/tx/{tx}" },
    });
    const seen: string[] = [];
    await page.exposeFunction("saw", (text: string) => seen.push(text));
    await page.evaluate(`new MutationObserver(() => {
      for (const one of document.querySelectorAll(".transfer"))
        if (one.textContent.includes("2.5 coins come in")) saw(one.querySelector(".state").textContent);
    }).observe(document.body, { subtree: true, childList: true, characterData: true })`);
    const transaction = await paidFromOutside(address as Hex, (5n * COIN) / 2n);
    const transfer = page.locator(".transfer", { hasText: "2.5 coins come in" });
    await transfer.waitFor(LONG);
    await transfer.getByText(/^Confirmed: in block \d+, 4 of 4\./).waitFor(LONG);
    const counts = seen.flatMap((text) => /(\d) of 4 confirmations/.exec(text)?.[1] ?? []).map(Number);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(await transfer.getByRole("link", { name: "Look it up" }).getAttribute("href")).toBe(
      `https://explorer.example/tx/${transaction}`,
    );
    expect((await client.account(address)).coins).toBe(String(await balanceOf(address)));
  });

  it("deposits what was typed, to the wei, after it said the fee; says in words that a locked key signs nothing", async () => {
    const { address } = await first();
    const client = await console.network.client();
    await page.getByLabel("Amount").fill("1,25");
    await button("Look at it before it is signed").click();
    await page.getByText("This is no amount: digits with one point, such as 1.5.").waitFor(PATIENCE);
    await page.getByLabel("Amount").fill("1000000");
    await button("Look at it before it is signed").click();
    await page.getByText(/^That is more than there is:/).waitFor(PATIENCE);

    // A page that is loaded anew has no open key.
    await page.reload();
    await page.getByLabel("Amount").fill("1.250000000000000001");
    await button("Look at it before it is signed").click();
    const dialog = page.getByRole("dialog", { name: "Deposit for storage" });
    await dialog.getByText("1.250000000000000001 coins").waitFor(PATIENCE);
    await dialog.getByText("Fee for gas, at most").waitFor(PATIENCE);
    const before = await client.account(address);
    const nonce = () => rpc("eth_getTransactionCount", address, "latest").then(Number);
    const sent = await nonce();
    await button("Sign and deposit").click();
    await button("Not now").click();
    await page.getByText("The key stays locked.").waitFor(PATIENCE);
    expect([await client.account(address), await nonce()]).toEqual([before, sent]);

    await button("Sign and deposit").click();
    await unlock();
    await dialog.waitFor({ state: "detached", ...LONG });
    const after = await client.account(address);
    expect(BigInt(after.balance) - BigInt(before.balance)).toBe((125n * COIN) / 100n + 1n);
    expect(BigInt(after.coins)).toBeLessThan(BigInt(before.coins) - (125n * COIN) / 100n);
    expect(await nonce()).toBe(sent + 1);
  });

  it("takes out and sends likewise; the history adds up to what the chain says, on the page and in its file", async () => {
    const { address } = await first();
    const client = await console.network.client();
    const to = `0x${"c0".repeat(20)}`;
    await page.getByLabel("What", { exact: true }).selectOption("send");
    await page.getByLabel("Amount").fill("0.5");
    await page.getByLabel("To", { exact: true }).fill(`${to}0`);
    await button("Look at it before it is signed").click();
    await page.getByText(/^This is no address:/).waitFor(PATIENCE);
    await page.getByLabel("To", { exact: true }).fill(to);
    await button("Look at it before it is signed").click();
    await button("Sign and send").click();
    await page.getByRole("dialog", { name: "Send to an address" }).waitFor({ state: "detached", ...LONG });
    expect(await balanceOf(to)).toBe(COIN / 2n);

    await page.getByRole("link", { name: "History", exact: true }).click();
    await page.getByText("The lines come to what the chain says, to the wei.").waitFor(LONG);
    const coming = page.waitForEvent("download");
    await button("Download as CSV").click();
    const file = await (await coming).path();
    const [heading = "", ...rows] = (await readFile(file, "utf8")).trimEnd().split("\r\n");
    const sum = (column: string) =>
      rows
        .map((row) => row.split(",")[heading.split(",").indexOf(column)] ?? "")
        .reduce((all, text) => all + weiOf(text), 0n);
    const { coins, balance } = await client.account(address);
    expect(sum("coins")).toBe(await balanceOf(address));
    expect([sum("coins"), sum("deposit")]).toEqual([BigInt(coins), BigInt(balance)]);
    expect(sum("together")).toBe(BigInt(coins) + BigInt(balance));

    await page.getByLabel("What", { exact: true }).selectOption("out");
    await page.getByRole("cell", { name: "Went out" }).first().waitFor(PATIENCE);
    await expect.poll(() => page.getByRole("cell", { name: "Deposited" }).count()).toBe(0);
    expect(new URL(page.url()).searchParams.get("kinds")).toBe("out");
  });

  it("can be a vault: its key goes to the gateway encrypted, is opened for a time that counts down, and locked it signs nothing", async () => {
    const client = await console.network.client();
    await page.getByRole("link", { name: "← Wallets" }).click();
    await button("Make a wallet").click();
    await page.getByLabel("Name", { exact: true }).fill("savings");
    await button("Make it").click();
    await page.getByRole("heading", { level: 1, name: "savings" }).waitFor(LONG);
    const vault = (await wallets()).find(({ name }) => name === "savings");
    expect(vault).toMatchObject({ kind: "vault", unlockedUntil: null });
    const address = vault?.address ?? "";
    // An OpenPGP message (a public-key encrypted session key comes first), not the key itself.
    const keystore = Buffer.from((await client.walletKeystore(address)).keystore, "base64");
    expect([0x84, 0x85, 0xc1]).toContain(keystore[0]);
    expect(keystore.length).toBeGreaterThan(100);

    await button("Open the vault").click();
    await page.getByRole("dialog").getByRole("button", { name: "Open the vault" }).click();
    const badge = page.getByText(/^open, \d+:\d\d left$/);
    await badge.waitFor(LONG);
    const said = await badge.textContent();
    await expect.poll(() => badge.textContent(), PATIENCE).not.toBe(said);
    const listed = (await console.network.cli("wallet", "list", "--json")).json<WalletJson[]>();
    expect(listed.find(({ name }) => name === "savings")?.unlockedUntil).toBeGreaterThan(Date.now() / 1000);

    await button("Lock now").click();
    await button("Open the vault").waitFor(PATIENCE);
    const message = {
      owner: address,
      audience: address,
      token: `0x${"00".repeat(32)}`,
      time: "1",
      nonce: `0x${"00".repeat(32)}`,
    };
    await expect(client.signWith(address, { type: "AccountClaim", message })).rejects.toMatchObject({
      code: "wallet-locked",
    });
  });

  it("pays in the order that was chosen, which is kept", async () => {
    await page.getByRole("link", { name: "← Wallets" }).click();
    await button("Add “savings”").click();
    await button("Add “first”").click();
    await button("Move first up").click();
    const [one, two] = await wallets();
    const client = await console.network.client();
    await expect.poll(async () => (await client.settings()).wallets, PATIENCE).toEqual([one?.address, two?.address]);
    await page.reload();
    await expect
      .poll(() => page.locator(".payment-order li").allTextContents(), PATIENCE)
      .toMatchObject([...[expect.stringContaining("first"), expect.stringContaining("savings")]]);
  });
});

describe("the overview", () => {
  it("has the figures that the command line and a scan of the chain have, and changes with them", async () => {
    await page.getByRole("link", { name: "Overview", exact: true }).click();
    const tile = (figure: string) => page.locator(`[data-figure="${figure}"]`);
    await tile("held").waitFor(PATIENCE);
    const client = await console.network.client();
    const scanned = async () => {
      const all = await wallets();
      const parts = all.map(async ({ address }) => [
        await balanceOf(address),
        BigInt((await client.account(address)).balance),
      ]);
      return (await Promise.all(parts)).flat().reduce((sum, one) => sum + one, 0n);
    };
    const shown = async () => (await tile("held").getAttribute("title")) ?? "";
    await expect.poll(shown, PATIENCE).toBe(`${await scanned()} wei`);
    const figures = (await console.network.cli("figures", "--json")).json<FiguresJson>();
    expect(figures.held).toBe(String(await scanned()));
    await page.evaluate("window.loadedOnce = true");
    await paidFromOutside((await first()).address as Hex, COIN);
    await expect.poll(shown, LONG).toBe(`${BigInt(figures.held ?? 0) + COIN} wei`);
    expect(await page.evaluate("window.loadedOnce")).toBe(true);
    await tile("held").click();
    await page.getByRole("heading", { name: "Money: history" }).waitFor(PATIENCE);
  });
});

describe("the pages of wallets", () => {
  it("have nothing that axe finds serious, in light and dark, and fit a phone", async () => {
    const found: string[] = [];
    const { address } = await first();
    const paths = [`/wallets/${address}`, `/wallets/${address}?tab=history`, "/wallets/statement"];
    for (const options of [{ colorScheme: "light" }, { colorScheme: "dark", viewport: PHONE }] as const) {
      const other = await console.at("/", options);
      for (const path of paths) {
        await other.goto(`${console.url}${path}`);
        await other.getByRole("heading", { level: 1 }).waitFor(PATIENCE);
        await settled(other);
        for (const fault of await seriousFaults(other)) found.push(`${options.colorScheme} ${path}: ${fault}`);
        const over = await tooWide(other);
        if (over > 0) found.push(`${path} is ${over} px too wide`);
      }
    }
    expect(found).toEqual([]);
  });
});

/** Exact coins of the file, in wei. */
function weiOf(text: string): bigint {
  const [, sign = "", whole = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const wei = BigInt(whole) * COIN + BigInt(fraction.padEnd(18, "0"));
  return sign === "-" ? -wei : wei;
}
