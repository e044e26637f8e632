import { parseExactly, readRate } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import { type Asked, requestsOf, requireSource } from "./source-url.ts";

const TIMEOUT_MILLISECONDS = 10_000;
/** An answer with a price in it is much shorter. A choice. */
const MOST_BYTES = 262_144;

/**
 * Ask a source for its prices. Redirects are not followed, answers are short and come soon, and numbers are read as they are written.
 * @throws CairnError `rate-source-failed`, which repeats nothing of the answer
 */
export async function fetchRates(source: {
  url: string;
  path: string;
  currencies: readonly string[];
  signal?: AbortSignal | undefined;
}): Promise<{ currency: string; rate: string }[]> {
  requireSource(source);
  const rates: { currency: string; rate: string }[] = [];
  for (const asked of requestsOf(source)) {
    for (const rate of await ask(asked, source.signal)) rates.push(rate);
  }
  return rates;
}

async function ask({ url, prices }: Asked, signal?: AbortSignal): Promise<{ currency: string; rate: string }[]> {
  let text: string;
  try {
    const answer = await fetch(url, {
      redirect: "error",
      headers: { accept: "application/json" },
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MILLISECONDS), ...(signal === undefined ? [] : [signal])]),
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw failed(`it answered with status ${answer.status}`);
    }
    text = await readShort(answer);
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    const late = (cause as Error).name === "TimeoutError";
    throw failed(late ? "it did not answer in time" : "it cannot be reached, or sends elsewhere", cause);
  }
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch (cause) {
    throw failed("its answer is not JSON", cause);
  }
  return prices.map(({ currency, path }) => {
    const rate = readRate(String(path.reduce<unknown>(stepInto, value)));
    if (rate === undefined) throw failed(`its answer has no price at ${path.join(".")}`);
    return { currency, rate };
  });
}

function stepInto(value: unknown, step: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string, unknown>)[step];
}

async function readShort(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > MOST_BYTES) throw failed(`its answer has more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function failed(why: string, cause?: unknown): CairnError {
  return new CairnError(`a source of prices failed: ${why}`, {
    code: "rate-source-failed",
    kind: "unavailable",
    next: "It is asked again by itself; correct it with `cairn fiat source` where its URL or path is wrong.",
    details: { why },
    cause,
  });
}
