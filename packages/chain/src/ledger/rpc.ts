import { CairnError } from "@cairn/protocol";
import {
  BaseError,
  createPublicClient,
  HttpRequestError,
  http,
  RpcRequestError,
  SocketClosedError,
  TimeoutError,
  WebSocketRequestError,
  webSocket,
} from "viem";

import { openWaitForBlock, type WaitForBlock } from "./wait-for-block.ts";

/** A refusal by the node itself, as opposed to a node that cannot be reached. */
export class RpcError extends Error {
  readonly code: number;
  /** Whatever stood in the error's `data`: revert data, by its dialect. */
  readonly data: unknown;

  constructor(message: string, code: number, data: unknown) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

/** JSON-RPC to one node. Requests made in the same tick travel as one batch over HTTP. */
export interface Rpc {
  readonly url: string;
  /**
   * @param options.retries for this request, in place of the connection's
   * @throws RpcError as the node answered; CairnError `chain-unreachable`
   */
  request<T>(method: string, params: readonly unknown[], options?: Pick<RpcOptions, "retries">): Promise<T>;
  /** Waits for a block; see BlockWait. */
  waitForBlock: WaitForBlock;
  /** Calls `listener` for each new block where the connection is a WebSocket; over HTTP never. Returns how to stop. */
  onNewHead(listener: () => void): Promise<() => void>;
  close(): Promise<void>;
}

export interface RpcOptions {
  /** For one request, its retries not counted; 15,000 unless set. */
  timeoutMilliseconds?: number;
  /** How often a request that did not come through is repeated at once; 2 unless set. */
  retries?: number;
}

const BATCH_SIZE = 100;

/** The URL without what may be secret in it: user, password, and the path and query, where RPC services have their keys. */
function publicUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** Without its cause: viem writes the whole URL, and the request, into its errors. */
function unreachable(url: string, cause: Error): CairnError {
  const refusal = cause instanceof HttpRequestError ? REFUSALS[cause.status ?? 0] : undefined;
  const reason = cause instanceof BaseError ? cause.details || cause.shortMessage : cause.message;
  return new CairnError(`cannot reach the chain at ${publicUrl(url)}: ${refusal?.reason ?? reason}`, {
    code: "chain-unreachable",
    kind: "unavailable",
    details: cause instanceof HttpRequestError && cause.status !== undefined ? { status: cause.status } : {},
    next:
      refusal?.next ??
      "Start the chain, or name another with --chain or CAIRN_CHAIN_URL; what was submitted is kept and sent when it answers.",
  });
}

const KEY_REFUSED = {
  reason: "it refuses this URL's key",
  next: "Correct --chain or CAIRN_CHAIN_URL: the key of an RPC service stands in its path or query.",
};
/** What services that sell access to chains answer instead of JSON-RPC, by HTTP status. */
const REFUSALS: Record<number, { reason: string; next: string }> = {
  401: KEY_REFUSED,
  403: KEY_REFUSED,
  404: { reason: "nothing is served at that path", next: "Correct the path in --chain or CAIRN_CHAIN_URL." },
  429: {
    reason: "it takes no more requests for now (429)",
    next: "Wait, or use a node that allows more requests; what was submitted is kept and sent when it answers.",
  },
};

function translated(url: string, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (!(error instanceof BaseError)) return unreachable(url, error);
  const cut = error.walk(
    (inner) =>
      inner instanceof HttpRequestError ||
      inner instanceof TimeoutError ||
      inner instanceof WebSocketRequestError ||
      inner instanceof SocketClosedError,
  );
  if (cut !== null) return unreachable(url, cut as Error);
  const refusal = error.walk((inner) => inner instanceof RpcRequestError);
  if (refusal instanceof RpcRequestError) {
    return new RpcError(refusal.details ?? refusal.shortMessage, refusal.code, refusal.data);
  }
  return unreachable(url, error);
}

/** Make a client for an `http(s)` or `ws(s)` URL; nothing is sent yet. @throws CairnError `bad-settings`. */
export function openRpc(url: string, options: RpcOptions = {}): Rpc {
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  if (!["http:", "https:", "ws:", "wss:"].includes(protocol)) {
    throw new CairnError("the chain's URL is neither http nor ws", {
      code: "bad-settings",
      kind: "input",
      next: "Set --chain or CAIRN_CHAIN_URL to an http, https, ws or wss URL.",
    });
  }
  const settings = { timeout: options.timeoutMilliseconds ?? 15_000, retryCount: options.retries ?? 2 };
  const waitForBlock = openWaitForBlock(url);
  if (protocol.startsWith("ws")) {
    const client = createPublicClient({ transport: webSocket(url, { ...settings, reconnect: true }) });
    return {
      url,
      request: (...asked) => call(client, url, ...asked),
      waitForBlock,
      async onNewHead(listener) {
        const { unsubscribe } = await client.transport
          .subscribe({ params: ["newHeads"], onData: listener, onError: () => undefined })
          .catch((error: unknown) => {
            throw translated(url, error);
          });
        return () => void unsubscribe();
      },
      async close() {
        const socket = await client.transport.getRpcClient().catch(() => undefined);
        socket?.close();
      },
    };
  }
  const client = createPublicClient({
    transport: http(url, { ...settings, batch: { batchSize: BATCH_SIZE, wait: 0 } }),
  });
  return {
    url,
    request: (...asked) => call(client, url, ...asked),
    waitForBlock,
    onNewHead: async () => () => undefined,
    close: async () => undefined,
  };
}

async function call<T>(
  client: { request: (args: never, options?: { retryCount?: number }) => Promise<unknown> },
  url: string,
  method: string,
  params: readonly unknown[],
  { retries }: Pick<RpcOptions, "retries"> = {},
): Promise<T> {
  try {
    return (await client.request(
      { method, params } as never,
      retries === undefined ? {} : { retryCount: retries },
    )) as T;
  } catch (error) {
    throw translated(url, error);
  }
}
