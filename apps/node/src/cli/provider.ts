import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { countryOf, isCountry, parseWindows, perGibDay, perGibMonth, toUtcMask, zoneOffsetMinutes } from "@cairn/core";
import { logLevel } from "@cairn/process/log-level";
import { CairnError } from "@cairn/protocol";
import { type ProviderOptions, runProvider } from "@cairn/provider";
import { pino } from "pino";
import { parseEther } from "viem";
import { findGateway } from "../home/find-gateway.ts";
import { homeAt } from "../home/home.ts";
import { stopSignal } from "../supervise/stop-signal.ts";
import { chainUrlOf } from "../up/environment.ts";
import { formatBytes, formatCoins } from "./format.ts";
import { createOutput } from "./output.ts";
import { parseSize } from "./parse-size.ts";
import { keepTerms, lastTerms, type ProviderTerms } from "./provider-terms.ts";
import { providerView } from "./provider-view.ts";
import type { CommonOptions } from "./session.ts";

export interface ProviderCommandOptions extends CommonOptions {
  gateway?: string[];
  directory?: string;
  capacity?: string;
  price?: string;
  region?: string;
  /** ISO 3166-1 alpha-2: put before the region. */
  country?: string;
  windows?: string;
  zone?: string;
  port?: number;
  endpoint?: string;
  /** The chain that it believes, instead of the one that its gateway names. */
  chain?: string;
  reactivate?: boolean;
}

const DEFAULT_CAPACITY = "100GB";
/** Coins per GiB and month. */
const DEFAULT_PRICE = "0.0003";

/** Run a provider until it is told to stop. It dials out: an open port is only the faster way. */
export async function provider(options: ProviderCommandOptions): Promise<void> {
  const home = homeAt(options.home);
  const output = createOutput(options);
  const chainUrl = chainUrlOf(options.chain);
  const gateways = options.gateway ?? [(await findGateway(home)).url];
  const now = Math.floor(Date.now() / 1000);
  const directory = resolve(options.directory ?? join(home.directory, "provider"));
  const terms = termsOf(options, await lastTerms(directory));
  const { windows, timeZone } = terms;
  const settings: ProviderOptions = {
    directory,
    gateways,
    capacity: BigInt(terms.capacity),
    price: BigInt(terms.price),
    region: terms.region,
    ...(chainUrl === undefined ? {} : { chainUrl }),
    ...(options.reactivate === undefined ? {} : { reactivate: options.reactivate }),
    ...(windows === undefined || timeZone === undefined
      ? {}
      : { duty: toUtcMask(parseWindows(windows), zoneOffsetMinutes(timeZone, now)) }),
    ...(options.port === undefined
      ? {}
      : {
          listen: {
            host: options.endpoint === undefined ? "127.0.0.1" : "0.0.0.0",
            port: options.port,
            ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
          },
        }),
    ...(process.env.CAIRN_PASSPHRASE ? { passphrase: process.env.CAIRN_PASSPHRASE } : {}),
    log: pino({ name: "provider", level: logLevel() }, output.json ? pino.destination(2) : providerView(output)),
  };
  const running = await runProvider(settings);
  await keepTerms(directory, terms);
  const stopped = stopSignal();
  await Promise.race([running.online, stopped]);
  output.result({ provider: running.provider, endpoint: running.endpoint, gateways });
  output.say(
    `Provider ${running.provider} offers ${formatBytes(Number(settings.capacity))} at ${formatCoins(perGibMonth(settings.price))} per GiB and month to ${gateways.join(", ")}`,
  );
  await stopped;
  await running.stop();
}

/** What is not given anew stays as it was at the last start. @throws CairnError `bad-input` */
export function termsOf(options: ProviderCommandOptions, last: ProviderTerms | undefined): ProviderTerms {
  const { capacity, price, region, country } = options;
  if (country !== undefined && !isCountry(country))
    throw new CairnError(`"${country.slice(0, 20)}" is no country`, {
      code: "bad-input",
      kind: "input",
      next: "Write its ISO 3166-1 code of two capital letters, such as CA.",
    });
  const place = region ?? (country === undefined ? last?.region : withoutCountry(last?.region)) ?? hostname();
  const windows = options.windows ?? last?.windows;
  const timeZone = options.zone ?? (options.windows === undefined ? last?.timeZone : undefined);
  return {
    capacity: capacity === undefined && last ? last.capacity : String(parseSize(capacity ?? DEFAULT_CAPACITY)),
    price: price === undefined && last ? last.price : String(perGibDay(parsePrice(price ?? DEFAULT_PRICE))),
    region: (country === undefined ? place : `${country} ${place}`.trim()).slice(0, 64),
    ...(windows === undefined
      ? {}
      : { windows, timeZone: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone }),
  };
}

const withoutCountry = (region: string | undefined) =>
  region !== undefined && countryOf(region) !== undefined ? region.slice(3) : region;

function parsePrice(text: string): bigint {
  if (/^\d{1,9}(\.\d{1,18})?$/.test(text)) return parseEther(text);
  throw new CairnError(`"${text}" is not a price in coins`, {
    code: "bad-input",
    kind: "input",
    next: "Write it in coins per GiB and month, like 0.0003.",
  });
}
