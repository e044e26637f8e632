import {
  addWallet,
  custodialSigner,
  findWallet,
  keystoreOf,
  LONGEST_MINUTES,
  listWallets,
  makeCustodialKey,
  requireOwnerType,
  setDefaultWallet,
  type Wallet,
} from "@cairn/accounts";
import { recordEvents } from "@cairn/catalog";
import {
  AddressText,
  DoneJson,
  KeystoreJson,
  NamedWalletJson,
  NewWalletJson,
  SignedJson,
  SignJson,
  WalletJson,
  WalletsJson,
} from "@cairn/client";
import type { OwnerSigner } from "@cairn/core";
import { readBody } from "@cairn/process/entrances";
import { address0xToF410, CairnError, messageFromJson, signedFromJson, signedToJson } from "@cairn/protocol";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { DONE } from "./account-route.ts";
import { claimedWallet } from "./claimed-wallet.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { OCTETS } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";

const about = (summary: string) => ({ summary, tags: ["wallets"] });
const Addressed = Type.Object({ address: AddressText });
const Minutes = Type.Object({
  minutes: Type.Optional(
    Type.Integer({ minimum: 1, maximum: LONGEST_MINUTES, description: "15 if left out; it locks then by itself" }),
  ),
});
/** https://chainlist.org/chain/314 */
const FILECOIN_MAINNET = 314;
const DEFAULT_MINUTES = 15;
const KEY_BYTES = 32;
const KEY_MILLISECONDS = 10_000;

/** An account's wallets, and what the gateway signs for those whose keys it may use. */
export function walletRoutes(gateway: GatewayContext): FastifyPluginAsync {
  const { pool, accounts, vaults } = gateway;
  const networkOf = () => (gateway.ledger.deployment.chainId === FILECOIN_MAINNET ? "f" : "t");

  const walletJson = (account: string, { dailyLimit, ...wallet }: Wallet): WalletJson => ({
    ...wallet,
    filecoin: address0xToF410(wallet.address, networkOf()),
    dailyLimit: dailyLimit === null ? null : dailyLimit.toString(),
    unlockedUntil: vaults.openUntil({ account, address: wallet.address }) ?? null,
  });
  /** The account, and the wallet in the path if it is the account's. */
  async function ownWallet(request: FastifyRequest): Promise<{ account: string; wallet: Wallet }> {
    const { account } = principalOf(request);
    const { address } = request.params as Static<typeof Addressed>;
    return { account, wallet: await findWallet(pool, account, address) };
  }
  /** Wherever somebody of the account looks, it is seen at once. */
  const tell = (account: string, kind: "wallet-unlocked" | "wallet-locked", message: string) =>
    recordEvents(pool, [{ account, kind, severity: "info", message }]);
  function signerOf(account: string, { kind, address }: Wallet): OwnerSigner {
    const wallet = { account, address };
    switch (kind) {
      case "vault":
        return vaults.signer(wallet);
      case "custodial":
        return custodialSigner(accounts, wallet, gateway.custodySecret);
      case "client":
        throw notAVault(kind, "The gateway has no key of it: sign with the key where you have it.");
    }
  }

  return async (server) => {
    server.get(
      "/api/v1/wallets",
      {
        config: { scope: "read" },
        schema: { ...about("The account's wallets, its default first"), response: { 200: WalletsJson } },
      },
      async (request) => {
        const { account } = principalOf(request);
        return (await listWallets(pool, account)).map((wallet) => walletJson(account, wallet));
      },
    );

    server.post(
      "/api/v1/wallets",
      {
        config: { scope: "admin" },
        schema: {
          ...about("Add a wallet: a client's or a vault by a claim that its key signed; a custodial one is made here"),
          body: NewWalletJson,
          response: { 200: WalletJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { name, kind, claim, keystore, dailyLimit } = request.body as NewWalletJson;
        const limited = dailyLimit === undefined ? {} : { dailyLimit: BigInt(dailyLimit) };
        if (kind === "custodial") {
          if (claim !== undefined || keystore !== undefined) throw madeHere();
          const made = await makeCustodialKey(gateway.custodySecret);
          return walletJson(account, await addWallet(accounts, { account, name, kind, ...made, ...limited }));
        }
        if (claim === undefined) throw claimMissing();
        const address = claimedWallet(gateway, signedFromJson("AccountClaim", claim), request);
        const kept = keystore === undefined ? {} : { keystore: Buffer.from(keystore, "base64") };
        return walletJson(account, await addWallet(accounts, { account, name, kind, address, ...kept, ...limited }));
      },
    );

    server.put(
      "/api/v1/wallets/default",
      {
        config: { scope: "admin" },
        schema: {
          ...about("Choose the wallet of new packages, by address or name"),
          body: NamedWalletJson,
          response: { 200: WalletJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { wallet } = request.body as Static<typeof NamedWalletJson>;
        return walletJson(account, await setDefaultWallet(accounts, { account, named: wallet }));
      },
    );

    server.get(
      "/api/v1/wallets/:address/keystore",
      {
        config: { scope: "admin" },
        schema: {
          ...about("A vault's keystore: an OpenPGP message with the key's 32 bytes, for its user to decrypt"),
          params: Addressed,
          response: { 200: KeystoreJson },
        },
      },
      async (request) => {
        const { account, wallet } = await ownWallet(request);
        if (wallet.kind !== "vault") throw notAVault(wallet.kind, "Only a vault's keystore is handed out.");
        const keystore = await keystoreOf(pool, { account, address: wallet.address });
        return { keystore: keystore?.toString("base64") ?? "" };
      },
    );

    server.put(
      "/api/v1/wallets/:address/unlock",
      {
        config: { scope: "admin" },
        bodyLimit: KEY_BYTES,
        schema: {
          ...about("Open a vault for some minutes: the body is the key's 32 bytes, which are kept in memory alone"),
          consumes: OCTETS,
          params: Addressed,
          querystring: Minutes,
          response: { 200: WalletJson },
        },
      },
      async (request) => {
        const { account, wallet } = await ownWallet(request);
        if (wallet.kind !== "vault") throw notAVault(wallet.kind, "Only a vault is unlocked.");
        const { minutes = DEFAULT_MINUTES } = request.query as Static<typeof Minutes>;
        const key = await readBody(request.raw, {
          maxBytes: KEY_BYTES,
          timeoutMilliseconds: KEY_MILLISECONDS,
          hold: () => undefined,
        });
        const { user, via, id } = principalOf(request);
        const opener = { user, token: via === "token" ? id : undefined };
        vaults.unlock({ account, address: wallet.address }, { key, minutes, opener });
        await tell(
          account,
          "wallet-unlocked",
          `the vault "${wallet.name}" is open for ${minutes} min: the gateway signs for it`,
        );
        return walletJson(account, wallet);
      },
    );

    server.post(
      "/api/v1/wallets/:address/lock",
      {
        config: { scope: "write" },
        schema: { ...about("Lock a vault: its key is overwritten"), params: Addressed, response: { 200: DoneJson } },
      },
      async (request) => {
        const { account, wallet } = await ownWallet(request);
        if (wallet.kind !== "vault") throw notAVault(wallet.kind, "Only a vault is locked.");
        const isOpen = vaults.openUntil({ account, address: wallet.address }) !== undefined;
        vaults.lock({ account, address: wallet.address });
        if (isOpen) await tell(account, "wallet-locked", `the vault "${wallet.name}" is locked`);
        return DONE;
      },
    );

    server.post(
      "/api/v1/wallets/:address/sign",
      {
        config: { scope: "write" },
        schema: {
          ...about("Have an open vault or a custodial wallet sign an owner's message: docs/protocol.md, 2"),
          params: Addressed,
          body: SignJson,
          response: { 200: SignedJson },
        },
      },
      async (request) => {
        const { account, wallet } = await ownWallet(request);
        const { type, message: json } = request.body as SignJson;
        requireOwnerType(type);
        const message = messageFromJson(type, json);
        const signature = await signerOf(account, wallet).sign(type, message, gateway.ledger.deployment);
        return signedToJson({ message, signature });
      },
    );
  };
}

function notAVault(kind: Wallet["kind"], next: string): CairnError {
  return new CairnError(`the wallet's kind is ${kind}`, { code: "wrong-wallet-kind", kind: "conflict", next });
}

function madeHere(): CairnError {
  return new CairnError("a custodial wallet's key is made by the gateway", {
    code: "bad-wallet",
    kind: "input",
    next: "Leave claim and keystore out, and give a `dailyLimit`.",
  });
}

function claimMissing(): CairnError {
  return new CairnError("a wallet whose key is elsewhere is added by a claim that the key signed", {
    code: "bad-wallet",
    kind: "input",
    details: { field: "claim" },
    next: "Sign an AccountClaim (docs/protocol.md, 2), or use `cairn wallet add`.",
  });
}
