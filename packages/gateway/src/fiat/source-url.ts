import { CairnError } from "@cairn/protocol";

const PLACE = /\{(currency|CURRENCY|currencies|CURRENCIES)\}/g;

function badSource(message: string, field: string): CairnError {
  return new CairnError(message, {
    code: "bad-rate-source",
    kind: "input",
    details: { field },
    next: "Give an https URL, or an http one of this machine, and a path such as prices.{currency}.0.",
  });
}

const isLoopback = (host: string) => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);

/**
 * A source may be asked over https, and over http on this machine alone: what travels in the clear can be changed on the way, and what a price is decides
 * what people think they have. @throws CairnError `bad-rate-source`
 */
export function requireSource({ url, path }: { url: string; path: string }): void {
  let parsed: URL;
  try {
    parsed = new URL(url.replace(PLACE, "x"));
  } catch {
    throw badSource("the source's URL is none", "url");
  }
  const { protocol, hostname, username, password } = parsed;
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback(hostname)))
    throw badSource("the source's URL is neither https nor http of this machine", "url");
  if (username !== "" || password !== "") throw badSource("the source's URL has a user or password in it", "url");
  const steps = path.split(".");
  if (path === "" || steps.some((step) => step === "")) throw badSource("the path has an empty step", "path");
}

export interface Asked {
  url: string;
  /** Which currency's price stands where in the answer. */
  prices: { currency: string; path: string[] }[];
}

/** What a source is to be asked: once for all currencies, or once for each where its URL names one. */
export function requestsOf({
  url,
  path,
  currencies,
}: {
  url: string;
  path: string;
  currencies: readonly string[];
}): Asked[] {
  const all = currencies.join(",");
  const filled = (text: string, currency: string) =>
    text.replace(PLACE, (_, place: string) => {
      const value = place.toLowerCase() === "currency" ? currency : all;
      return place === place.toUpperCase() ? value.toUpperCase() : value;
    });
  const priceOf = (currency: string) => ({
    currency,
    path: path.split(".").map((step) => filled(step, currency)),
  });
  if (/\{(currency|CURRENCY)\}/.test(url))
    return currencies.map((currency) => ({ url: filled(url, currency), prices: [priceOf(currency)] }));
  return [{ url: filled(url, currencies[0] ?? ""), prices: currencies.map(priceOf) }];
}
