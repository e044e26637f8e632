import type { Hex } from "@cairn/protocol";

/** How long one question may stay open; the node answers sooner when the block is there. */
const LONGEST_WAIT_MS = 10_000;
/** What the answer may take on its way. */
const ALLOWANCE_MS = 5_000;
const METHOD_NOT_FOUND = -32601;

/** What is waited for, and how. */
interface BlockWait {
  /** Resolve when the chain has this block. */
  number: number;
  /** Give up after so many milliseconds, ten seconds at most. */
  milliseconds: number;
  /** How long to wait instead where the node cannot tell of new blocks, or does not answer. */
  pollMilliseconds: number;
  signal?: AbortSignal | undefined;
}

/** Whether the node was asked; false where it cannot tell, so that only time has passed. Never rejects. */
export type WaitForBlock = (wait: BlockWait) => Promise<boolean>;

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
}

/**
 * Waiting for a block without asking again and again: a node of ours keeps the question open (`cairn_waitForBlock`) until the block is there.
 * Each question has a connection of its own, so that it holds up no batch. Other nodes are asked once, and then the pause is all there is.
 */
export function openWaitForBlock(url: string): WaitForBlock {
  const http = url.replace(/^ws/, "http");
  let supported = true;
  return async ({ number, milliseconds, pollMilliseconds, signal }) => {
    const wait = Math.min(milliseconds, LONGEST_WAIT_MS);
    const answer = supported ? await ask(http, number, wait, signal) : "unsupported";
    if (answer === "answered") return true;
    if (answer === "unsupported") supported = false;
    await pause(Math.min(pollMilliseconds, milliseconds), signal);
    return false;
  };
}

async function ask(
  url: string,
  number: number,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<"answered" | "unsupported" | "failed"> {
  const params: [Hex, Hex] = [`0x${number.toString(16)}`, `0x${Math.ceil(milliseconds).toString(16)}`];
  const limit = AbortSignal.timeout(milliseconds + ALLOWANCE_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "cairn_waitForBlock", params }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const { result, error } = (await response.json()) as { result?: unknown; error?: { code?: number } };
    if (typeof result === "string") return "answered";
    return error?.code === METHOD_NOT_FOUND ? "unsupported" : "failed";
  } catch {
    return "failed";
  }
}
