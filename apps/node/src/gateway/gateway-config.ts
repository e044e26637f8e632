import type { Finality } from "@cairn/chain";
import type { Profile } from "@cairn/core";
import type { PoolConfig } from "pg";

/** What `cairn up` hands to the gateway process, in a file of mode 0600. */
export interface GatewayConfig {
  home: string;
  profile: Profile["name"];
  /** Settings or a URL of the gateway's own database. */
  database: PoolConfig | string;
  chainUrl: string;
  /** How the chain tells which blocks are final; by the tag when left out. */
  finality?: Finality;
  /** Serve no doors: another gateway of the same database does. */
  doorless?: boolean;
  /** Where the built console lies; left out where there is none. */
  console?: string;
  /** 0 takes a free port. */
  port: number;
  /** PEM files of its certificate and key, where it takes TLS at that port, too. */
  tls?: { cert: string; key: string };
  /** Folders that users with an open vault may store from; none if left out. */
  vaultPaths?: string[];
  /** Largest CAR file in bytes; the protocol's limit when left out. */
  pieceLimit?: number;
}
