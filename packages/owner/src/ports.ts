import type { AccountKey } from "@cairn/archive/browser";
import type { NetworkJson } from "@cairn/client";
import type { CairnClient } from "@cairn/client/client";
import type { Clock, Deployment, Ledger, OwnerSigner } from "@cairn/core";
import type { Address } from "@cairn/protocol";
import type { KnownPackages } from "./known-packages.ts";

/** A gateway, over HTTP or in this process. What it answers is not believed. */
export type Gateway = Omit<CairnClient, "url">;

/** Who owns packages. */
export interface Owner {
  /** Of the wallet that new packages belong to. */
  signer: OwnerSigner;
  /** The other wallets of the owner's; none where this is left out. */
  wallets?: OwnWallets;
  /** 32 bytes: keys name hashes and labels. */
  lookupKey: Uint8Array;
  /** The OpenPGP key, unlocked; asked for once a package's content is needed. */
  openKey(): Promise<AccountKey>;
}

/** Wallets that packages may belong to beside the one that new ones do: by keys, keystores and records of the owner's, never by a gateway's word. */
export interface OwnWallets {
  /** Those of keys and records that are here; no gateway is asked. */
  addresses(): Promise<Address[]>;
  owns(address: Address): Promise<boolean>;
  /** Signs for a wallet that `owns` answers true for. @throws CairnError, when it signs: `wallet-elsewhere`, `wallet-locked`, `key-locked`, `gateway-lies` */
  signer(address: Address): OwnerSigner;
  /** What a person is to do where a wallet is theirs that `owns` does not know. */
  advice?: (address: Address) => string;
}

/** What an owner's checks read of the chain. */
export type ChainView = Pick<
  Ledger,
  "deployment" | "provider" | "verifierSet" | "balance" | "package" | "deal" | "liveDealAt"
>;

/**
 * Reads the contracts over a chain that the owner's side knows itself, not one that the gateway names. Undefined when no chain answers there.
 * @throws CairnError `gateway-lies` when the contracts are not as the gateway describes them, `wrong-chain`, `no-contract`
 */
export type ReadChain = <T>(deployment: Deployment, use: (chain: ChainView) => Promise<T>) => Promise<T | undefined>;

/** What the operations work with. Each takes the part of it that it needs. */
export interface OwnerPorts {
  gateway: Gateway;
  owner: Owner;
  /** The gateway's network, held against what the owner knows of it (`pinNetwork`). */
  network: () => Promise<NetworkJson>;
  readChain: ReadChain;
  /** What the owner's side remembers of its packages. */
  known: KnownPackages;
  clock: Clock;
}
