import { ALWAYS_ON, type Deployment, type Ledger } from "@cairn/core";
import { type Address, CairnError, type Hex, type Money } from "@cairn/protocol";
import type { ProviderContext, ProviderParts } from "./context.ts";
import type { Log } from "./log.ts";

/** A Ledger whose connections can be ended. */
export interface OpenedLedger {
  ledger: Ledger;
  close(): Promise<void>;
}

/** How the program reaches the chain; replaceable so that tests can share one connection. */
export type OpenLedger = (request: {
  chainUrl: string;
  deployment: Deployment;
  /** Signs and pays gas for proofs on chain. */
  key: Hex;
  /** Where signed transactions are kept before they are sent. */
  directory: string;
}) => Promise<OpenedLedger>;

export interface ProviderOptions {
  /** Everything that the program keeps: keys, deals, shards. */
  directory: string;
  /** Gateways to dial, `http://host:port`. */
  gateways: string[];
  /** Bytes offered. */
  capacity: bigint;
  /** Wei per GiB-day asked for. */
  price: Money;
  /** Wei per GiB-day below which no quote may be, on chain; the price unless set. */
  priceFloor?: Money;
  /** Wei per GiB read. */
  egressPrice?: Money;
  /** 168-hour mask in UTC; always on unless set. */
  duty?: bigint;
  region?: string;
  /** Where earnings are credited; the cold key's address unless set. */
  payout?: Address;
  /** Direct HTTP: where to listen, and the URL to register (`http://host:port` unless set). */
  listen?: { host: string; port: number; endpoint?: string };
  /** Chain to use instead of the one that the first gateway names. */
  chainUrl?: string;
  /** How long a quote holds. */
  quoteSeconds?: number;
  /** How often every byte is read; the network's own unless set. */
  scrubSeconds?: number;
  /** Most bytes per second that scrubbing reads. */
  scrubBytesPerSecond?: number;
  /** Space on the disk that is never filled. */
  diskMarginBytes?: number;
  /** Opens the keystores; without it a random one is kept beside them. */
  passphrase?: string;
  /** Register again after the provider was retired on chain. */
  reactivate?: boolean;
  log?: Log;
  openLedger?: OpenLedger;
  /** Replace parts of the program before it starts. */
  alter?: (parts: ProviderParts, context: ProviderContext) => void;
}

/** Options with every default filled in. */
export interface Settings {
  directory: string;
  gateways: URL[];
  capacity: bigint;
  price: Money;
  priceFloor: Money;
  egressPrice: Money;
  duty: bigint;
  region: string;
  payout: Address | undefined;
  chainUrl: string | undefined;
  quoteSeconds: number;
  scrubSeconds: number | undefined;
  scrubBytesPerSecond: number;
  diskMarginBytes: number;
  reactivate: boolean;
}

export function badOption(field: string, allowed: string): CairnError {
  return new CairnError(`provider option ${field}: must be ${allowed}`, {
    code: "bad-config",
    kind: "input",
    details: { field, allowed },
    next: `Set ${field} to ${allowed}.`,
  });
}

function parseGateway(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "") {
    throw badOption("gateways", "http or https URLs such as http://127.0.0.1:4400");
  }
  return new URL(url.origin);
}

/** Fill in defaults. @throws CairnError `bad-config` naming the option and what is allowed */
export function settingsOf(options: ProviderOptions): Settings {
  const duty = options.duty ?? ALWAYS_ON;
  const priceFloor = options.priceFloor ?? options.price;
  if (options.directory === "") throw badOption("directory", "a path");
  if (options.gateways.length === 0) throw badOption("gateways", "at least one gateway URL");
  if (options.capacity <= 0n || options.capacity >= 1n << 64n) throw badOption("capacity", "bytes above 0");
  if (options.price < 0n || options.price >= 1n << 100n) throw badOption("price", "wei per GiB-day, 0 or more");
  if (priceFloor < 0n || priceFloor > options.price) throw badOption("priceFloor", "from 0 to the price");
  if (duty <= 0n || duty > ALWAYS_ON) throw badOption("duty", "a mask of 168 hours with at least one set");
  const region = options.region ?? "";
  if (region.length > 64 || /\p{Cc}/u.test(region)) {
    throw badOption("region", "text of at most 64 characters, none of them a control character");
  }
  return {
    directory: options.directory,
    gateways: [...new Map(options.gateways.map((text) => [parseGateway(text).origin, parseGateway(text)])).values()],
    capacity: options.capacity,
    price: options.price,
    priceFloor,
    egressPrice: options.egressPrice ?? 0n,
    duty,
    region,
    payout: options.payout,
    chainUrl: options.chainUrl,
    quoteSeconds: options.quoteSeconds ?? 1800,
    scrubSeconds: options.scrubSeconds,
    scrubBytesPerSecond: options.scrubBytesPerSecond ?? 64 << 20,
    diskMarginBytes: options.diskMarginBytes ?? 64 << 20,
    reactivate: options.reactivate ?? false,
  };
}
