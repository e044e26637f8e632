import type { AccountsContext, Principal, Uploads, Vaults } from "@cairn/accounts";
import type { Audit, Certifier } from "@cairn/audit";
import type { Explorer, WalletChain } from "@cairn/chain";
import type { NetworkJson } from "@cairn/client";
import type { Ledger, Profile, Transport } from "@cairn/core";
import type { Market } from "@cairn/market";
import type { StallWatch } from "@cairn/process";
import type { Address, DealId, Money, Seconds, Signed } from "@cairn/protocol";
import type { GatewayTransport, Nonces } from "@cairn/transport";
import type { FastifyRequest } from "fastify";
import type { Pool } from "pg";
import type { CoinsOf } from "./figures/coins-of.ts";
import type { NoticeWays } from "./services/keep-notifying.ts";
import type { PathReader } from "./vault-paths/path-reader.ts";

/** What the routes work with; made once by the gateway's composition. */
export interface GatewayContext {
  /** Which of the gateways of its database it is. */
  id: string;
  pool: Pool;
  /** Connections of what does not wait for the API: judging and paying, providers' proofs, leases and the health check. */
  reservedPool: Pool;
  /** Users, tokens, wallets and limits. */
  accounts: AccountsContext;
  vaults: Pick<Vaults, "unlock" | "lock" | "lockOpenedBy" | "openUntil" | "signer">;
  uploads: Pick<Uploads, "take" | "used">;
  /** Folders of this machine that users may store from, absolute, and what reads them. */
  vaultPaths: { folders: readonly string[]; reader: Pick<PathReader, "list"> };
  /** How notices leave. */
  notices: NoticeWays;
  /** What the keystores of custodial wallets open with. */
  custodySecret: string;
  /** Whom a token or session stands for now. */
  findPrincipal(request: FastifyRequest): Promise<Principal>;
  /** Of claims to wallets that were used. */
  claims: Nonces;
  market: Market;
  audit: Audit;
  ledger: Ledger;
  /** What wallets whose keys are elsewhere need of the chain. */
  walletChain: WalletChain;
  /** What people look through of the chain. */
  explorer: Explorer;
  /** The time by which contracts judge: the clock's, or the newest block's where the chain is ahead of it. */
  chainNow(): Seconds;
  transport: Transport & Pick<GatewayTransport, "connected" | "contested">;
  /** What this process was kept from seeing in time. */
  stalls: StallWatch;
  profile: Profile;
  network: NetworkJson;
  startedAt: number;
  /** Give an owner a deposit, and with `coins` some coins at its address, too, where it has none; undefined where there is no faucet. */
  faucet: ((owner: Address, coins: boolean) => Promise<void>) | undefined;
  /** Signs custody certificates as the executor. */
  certifier: Certifier;
  signTicket(deal: DealId, offset: number, length: number): Promise<Signed<"ReadTicket">>;
  /** Resolves when the catalog stands for the chain as it is finalised now; throws `chain-behind` after a minute. */
  caughtUp(): Promise<void>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** Coins of wallets together, as the newest block has them. */
  coinsOf: CoinsOf;
  balanceOf(owner: Address): Promise<{ balance: Money; coins: Money }>;
}
