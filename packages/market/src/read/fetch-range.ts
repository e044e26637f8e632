import { type Address, CairnError, type DealId, type Signed } from "@cairn/protocol";
import { type Context, randomHex, signAsExecutor } from "../context.ts";
import { countSpent } from "../spent-buffers.ts";

/** A provider that sends nothing for so long is silent. */
const IDLE_SECONDS = 10;
/** What a provider may take beyond its bytes' time: to find them, and to halt a while. */
const START_SECONDS = 30;
/** A provider that sends fewer on average is as good as silent. */
const LEAST_BYTES_PER_SECOND = 16_384;
/** What is asked of a provider where others can be read instead, as when it took its shard. */
export const PROMPT_BYTES_PER_SECOND = 500_000;
const TICKET_SECONDS = 300;

export interface Holder {
  shard: number;
  provider: Address;
  deal: DealId;
}

/** The time that a provider has for all ranges that share it: without it, one that sends a byte now and then is never silent. */
export class Pace {
  readonly #bytesPerSecond: number;
  #left = START_SECONDS;

  constructor(bytesPerSecond = LEAST_BYTES_PER_SECOND) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Seconds for a further `length` bytes; what they did not take is given back. */
  begin(length: number): number {
    const seconds = this.#left + length / this.#bytesPerSecond;
    this.#left = 0;
    return seconds;
  }

  giveBack(seconds: number): void {
    this.#left += Math.max(0, seconds);
  }
}

export interface Taking {
  /** Made of each part as it comes, in order; the bytes themselves unless set. */
  through?: (part: Uint8Array) => Uint8Array;
  /** `length` bytes to fill; new ones unless set. */
  into?: Buffer;
  /** One of its own unless set. */
  pace?: Pace;
}

/**
 * Bytes [offset, offset + length) of a masked shard, as its provider gives them: not verified.
 * @throws CairnError `provider-unreachable`, `provider-timeout`, `short-read`, `long-read`, or what the provider answered
 */
export async function fetchRange(
  context: Context,
  holder: Holder,
  capability: Signed<"ReadCapability">,
  offset: number,
  length: number,
  signal: AbortSignal,
  { through = (part) => part, into = Buffer.allocUnsafe(length), pace = new Pace() }: Taking = {},
): Promise<Buffer> {
  const ticket = signAsExecutor(context, "ReadTicket", {
    deal: holder.deal,
    offset: BigInt(offset),
    length: BigInt(length),
    expiry: BigInt(context.chainNow() + TICKET_SECONDS),
    nonce: randomHex(context, 32),
  });
  const idle = new AbortController();
  const silent = timedOut(`the provider sent nothing for ${IDLE_SECONDS} s`);
  const { clock } = context;
  const began = clock.monotonic();
  const allowed = pace.begin(length);
  void clock.sleep(allowed, idle.signal).then(() => {
    idle.abort(timedOut(`the provider did not send ${length} bytes within ${Math.ceil(allowed)} s`));
  });
  let timer = setTimeout(() => idle.abort(silent), IDLE_SECONDS * 1000);
  const either = AbortSignal.any([signal, idle.signal]);
  const collect = async () => {
    let filled = 0;
    for await (const chunk of context.transport.read(holder.provider, holder.deal, ticket, capability, either)) {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(silent), IDLE_SECONDS * 1000);
      if (filled + chunk.length > length) throw wrongLength("long-read", length);
      into.set(through(chunk), filled);
      filled += chunk.length;
      // The socket's buffer, the body's, and what was made of it.
      countSpent(3 * chunk.length);
    }
    if (filled < length) throw wrongLength("short-read", length);
    return into;
  };
  try {
    return await Promise.race([collect(), aborted(either)]);
  } finally {
    clearTimeout(timer);
    idle.abort(silent);
    pace.giveBack(allowed - (clock.monotonic() - began) / 1000);
  }
}

function timedOut(message: string): CairnError {
  return new CairnError(message, {
    code: "provider-timeout",
    kind: "unavailable",
    next: "Nothing: other shards are used. Ask again later, or start a check of the package.",
  });
}

function wrongLength(code: "long-read" | "short-read", length: number): CairnError {
  return new CairnError(`the provider sent ${code === "long-read" ? "more" : "fewer"} than ${length} bytes`, {
    code,
    kind: "corrupt",
  });
}

/** Rejects when the signal aborts, also where the transport does not heed it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
