export interface TransferRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  headers: Record<string, string>;
  body?: string;
}

/** How requests go out and answers come in; the default uses fetch, a Node program may bring a faster one. */
export interface Transfer {
  /** PUT a body. */
  upload(
    url: string,
    headers: Record<string, string>,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ status: number; body: AsyncIterable<Uint8Array> }>;
  download(
    url: string,
    request: TransferRequest,
    signal?: AbortSignal,
  ): Promise<{ status: number; body: AsyncIterable<Uint8Array> }>;
  /** The texts that a WebSocket brings, until it or the signal ends; by the platform's WebSocket where it is left out. */
  listen?: Listen;
}

/**
 * Opens a WebSocket and reads it. `onOpen` is told once it stands; the iteration ends without an error when the other side closes it.
 * A text longer than `MOST_TEXT` characters, and more texts than `MOST_WAITING` that nobody has read, end it with an error.
 */
export type Listen = (
  url: string,
  options: { token: string | undefined; signal: AbortSignal; onOpen: () => void },
) => AsyncIterable<string>;

export const fetchTransfer: Transfer = {
  async upload(url, headers, body, signal) {
    const response = await fetch(url, {
      method: "PUT",
      headers: { ...headers, "content-type": "application/octet-stream" },
      body: streamOf(body),
      duplex: "half",
      ...(signal === undefined ? {} : { signal }),
    } as RequestInit);
    return answerOf(response);
  },
  async download(url, request, signal) {
    const response = await fetch(url, { ...request, ...(signal === undefined ? {} : { signal }) });
    return answerOf(response);
  },
};

/**
 * For browsers: they send a stream over HTTP/2 alone, so a body is gathered in memory first. Send pieces in parts (`PartUpload`).
 */
export const bufferedTransfer: Transfer = {
  ...fetchTransfer,
  async upload(url, headers, body, signal) {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for await (const part of body) parts.push(part.slice());
    const response = await fetch(url, {
      method: "PUT",
      headers: { ...headers, "content-type": "application/octet-stream" },
      body: new Blob(parts),
      ...(signal === undefined ? {} : { signal }),
    });
    return answerOf(response);
  },
};

/** `ReadableStream.from` is in Node and in some browsers, and in the types of neither's DOM. */
const streamOf = (body: AsyncIterable<Uint8Array>) =>
  (ReadableStream as unknown as { from(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> }).from(body);

const answerOf = ({ status, body }: Response) => ({
  status,
  body: (body ?? nothing()) as AsyncIterable<Uint8Array>,
});

async function* nothing(): AsyncGenerator<Uint8Array> {}
