import { join } from "node:path";
import { readIfWhole, writeWhole } from "../home/home.ts";

/** What a provider offers, as its directory keeps it from one start to the next. */
export interface ProviderTerms {
  /** Bytes, decimal. */
  capacity: string;
  /** Wei per GiB-day, decimal. */
  price: string;
  region: string;
  /** As they were given, in `timeZone`; always on without them. */
  windows?: string;
  timeZone?: string;
}

const fileIn = (directory: string): string => join(directory, "provider.json");

function areTerms(value: unknown): value is ProviderTerms {
  const { capacity, price, region, windows, timeZone } = (value ?? {}) as Record<string, unknown>;
  return (
    /^[1-9]\d{0,18}$/.test(String(capacity)) &&
    /^\d{1,30}$/.test(String(price)) &&
    typeof region === "string" &&
    ["string", "undefined"].includes(typeof windows) &&
    typeof timeZone === typeof windows
  );
}

/** The terms under which the provider of a directory ran last; undefined before its first start. `cairn up` writes its own there too. */
export const lastTerms = (directory: string): Promise<ProviderTerms | undefined> =>
  readIfWhole(fileIn(directory), areTerms);

export const keepTerms = (directory: string, terms: ProviderTerms): Promise<void> =>
  writeWhole(fileIn(directory), `${JSON.stringify(terms, null, 2)}\n`);
