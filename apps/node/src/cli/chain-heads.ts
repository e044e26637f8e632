/** Numbers of blocks. */
export interface Heads {
  latest: number;
  finalized: number;
}

const PATIENCE_MILLISECONDS = 5_000;

/** How far a chain is, and how far it is final; undefined when it does not answer. */
export async function chainHeads(url: string): Promise<Heads | undefined> {
  try {
    const [latest, finalized] = await Promise.all([numberOf(url, "latest"), numberOf(url, "finalized")]);
    return { latest, finalized };
  } catch {
    return undefined;
  }
}

async function numberOf(url: string, tag: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: [tag, false] }),
    signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
  });
  const { result } = (await response.json()) as { result: { number: string } };
  return Number(result.number);
}
