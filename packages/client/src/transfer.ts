export interface TransferRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  headers: Record<string, string>;
  body?: string;
}

/** How requests go out and answers come in; the default uses fetch, a Node program may bring a faster one. */
export interface Transfer {
  /** PUT a body; the answer's status and text. */
  upload(
    url: string,
    headers: Record<string, string>,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ status: number; text: string }>;
  download(
    url: string,
    request: TransferRequest,
    signal?: AbortSignal,
  ): Promise<{ status: number; body: AsyncIterable<Uint8Array> }>;
}

export const fetchTransfer: Transfer = {
  async upload(url, headers, body, signal) {
    const response = await fetch(url, {
      method: "PUT",
      headers: { ...headers, "content-type": "application/octet-stream" },
      body: ReadableStream.from(body),
      duplex: "half",
      ...(signal === undefined ? {} : { signal }),
    } as RequestInit);
    return { status: response.status, text: await response.text() };
  },
  async download(url, request, signal) {
    const response = await fetch(url, { ...request, ...(signal === undefined ? {} : { signal }) });
    return {
      status: response.status,
      body: (response.body ?? new ReadableStream()) as AsyncIterable<Uint8Array> & ReadableStream,
    };
  },
};
