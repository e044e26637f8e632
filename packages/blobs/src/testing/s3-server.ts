import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { S3Settings } from "../s3/s3-settings.ts";

/** A request as the server took it in, signature checked. */
export interface S3Seen {
  method: string;
  /** Empty for the bucket itself. */
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/**
 * What goes wrong with a request: an error that is answered instead of doing it; `reset` before it is done, or `lost` after it; an answer whose body
 * breaks off half way, or is changed; or nothing for some milliseconds.
 */
export type S3Fault =
  | { status: number; code?: string; body?: string }
  | { how: "reset" | "lost" | "truncate" | "flip" }
  | { how: "slow"; milliseconds: number };

interface Stored {
  bytes: Buffer;
  etag: string;
  metadata: Record<string, string>;
}

interface Upload {
  key: string;
  began: number;
  metadata: Record<string, string>;
  parts: Map<number, Stored>;
}

export interface TestS3Options {
  /** How `If-None-Match: *` is taken on puts, and on completing an upload; as AWS does when left out. */
  conditions?: "honoured" | "refused" | "ignored" | "on-puts";
  /** Keys on a page of a list. */
  pageSize?: number;
  sessionToken?: string;
}

export interface TestS3 {
  settings: S3Settings;
  objects: Map<string, Stored>;
  uploads: Map<string, Upload>;
  /** Every request since the start. */
  seen: S3Seen[];
  /** Asked before each request. */
  fault: (seen: S3Seen) => S3Fault | undefined;
  stop(): Promise<void>;
}

const BUCKET = "cairn-test";
const REGION = "eu-test-1";
const MOST_SKEW_MILLISECONDS = 15 * 60_000;
const LEAST_PART = 5 * 1_048_576;
const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

class Refused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const hex = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");
const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
/** RFC 3986, as the signature has it. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * An S3 service with one bucket, in memory, on a port of loopback: the wire as the S3 API reference has it, signatures (SigV4, written apart from
 * the client's) and body hashes checked, multipart uploads, conditional writes, pages; and faults on demand.
 */
export async function startTestS3(options: TestS3Options = {}): Promise<TestS3> {
  const credentials = {
    accessKeyId: `AK${randomBytes(9).toString("hex")}`,
    secretAccessKey: randomBytes(24).toString("base64"),
    sessionToken: options.sessionToken,
  };
  const conditions = options.conditions ?? "honoured";
  const objects = new Map<string, Stored>();
  const uploads = new Map<string, Upload>();

  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
  function checkSignature(request: IncomingMessage, url: URL, body: Buffer): void {
    const match =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
        request.headers.authorization ?? "",
      );
    if (match === null) throw new Refused(403, "AccessDenied");
    const [, keyId, day, region, signed = "", signature = ""] = match;
    if (keyId !== credentials.accessKeyId) throw new Refused(403, "InvalidAccessKeyId");
    if (region !== REGION) throw new Refused(400, "AuthorizationHeaderMalformed");
    const date = String(request.headers["x-amz-date"]);
    const time = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    if (!(Math.abs(time - Date.now()) < MOST_SKEW_MILLISECONDS)) throw new Refused(403, "RequestTimeTooSkewed");
    const names = signed.split(";");
    const mustBe = ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))];
    if (!mustBe.every((name) => names.includes(name))) throw new Refused(403, "AccessDenied");
    if (options.sessionToken !== undefined && request.headers["x-amz-security-token"] !== options.sessionToken)
      throw new Refused(403, "InvalidToken");
    const canonical = [
      request.method,
      decodeURIComponent(url.pathname).split("/").map(encoded).join("/"),
      [...url.searchParams]
        .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
        .toSorted()
        .join("&"),
      ...names.map((name) => `${name}:${String(request.headers[name] ?? "").trim()}`),
      "",
      signed,
      request.headers["x-amz-content-sha256"],
    ].join("\n");
    const scope = `${day}/${region}/s3/aws4_request`;
    const key = ["s3", "aws4_request"].reduce(
      (last, text) => hmac(last, text),
      hmac(hmac(`AWS4${credentials.secretAccessKey}`, day ?? ""), region),
    );
    const expected = hmac(key, ["AWS4-HMAC-SHA256", date, scope, hex(canonical)].join("\n"));
    if (!timingSafeEqual(expected, Buffer.from(signature, "hex"))) throw new Refused(403, "SignatureDoesNotMatch");
    if (request.headers["x-amz-content-sha256"] !== hex(body)) throw new Refused(400, "XAmzContentSHA256Mismatch");
  }

  const metadataOf = (headers: IncomingMessage["headers"]) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-"))) as Record<
      string,
      string
    >;

  function checkCondition({ headers, key, query }: S3Seen): void {
    if (headers["if-none-match"] === undefined || conditions === "ignored") return;
    if (conditions === "refused") throw new Refused(501, "NotImplemented");
    if (conditions === "on-puts" && query.has("uploadId")) throw new Refused(501, "NotImplemented");
    if (objects.has(key)) throw new Refused(412, "PreconditionFailed");
  }

  function uploadOf({ query, key }: S3Seen): Upload {
    const upload = uploads.get(query.get("uploadId") ?? "");
    if (upload?.key !== key) throw new Refused(404, "NoSuchUpload");
    return upload;
  }

  function complete(seen: S3Seen): string {
    const upload = uploadOf(seen);
    checkCondition(seen);
    const named = [...seen.body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>&#34;(\w+)&#34;<\/ETag>/g)];
    const parts = named.map(([, number, etag], at) => {
      const part = upload.parts.get(Number(number));
      if (part?.etag !== `"${etag}"` || Number(number) !== at + 1) throw new Refused(400, "InvalidPart");
      if (at < named.length - 1 && part.bytes.length < LEAST_PART) throw new Refused(400, "EntityTooSmall");
      return part.bytes;
    });
    if (parts.length === 0) throw new Refused(400, "MalformedXML");
    const etag = `"${hex(Buffer.concat(parts)).slice(0, 32)}-${parts.length}"`;
    objects.set(seen.key, { bytes: Buffer.concat(parts), etag, metadata: upload.metadata });
    uploads.delete(seen.query.get("uploadId") ?? "");
    return `<CompleteMultipartUploadResult ${XMLNS}><Bucket>${BUCKET}</Bucket><ETag>${escaped(etag)}</ETag></CompleteMultipartUploadResult>`;
  }

  function list({ query }: S3Seen): string {
    const prefix = query.get("prefix") ?? "";
    const after = Buffer.from(query.get("continuation-token") ?? "", "base64").toString();
    const size = Math.min(options.pageSize ?? 1000, Number(query.get("max-keys") ?? 1000));
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const page = keys.slice(0, size);
    const isTruncated = keys.length > page.length;
    // As some tokens of AWS do, it has characters that must be encoded in a query.
    const next = isTruncated ? Buffer.from(page.at(-1) ?? "").toString("base64") : undefined;
    return [
      `<ListBucketResult ${XMLNS}><Name>${BUCKET}</Name><IsTruncated>${isTruncated}</IsTruncated>`,
      ...page.map(
        (key) =>
          `<Contents><Key>${escaped(key)}</Key><Size>${objects.get(key)?.bytes.length}</Size><ETag>${escaped(objects.get(key)?.etag ?? "")}</ETag></Contents>`,
      ),
      ...(next === undefined ? [] : [`<NextContinuationToken>${escaped(next)}</NextContinuationToken>`]),
      "</ListBucketResult>",
    ].join("\n");
  }

  function listUploads({ query }: S3Seen): string {
    const prefix = query.get("prefix") ?? "";
    const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix));
    return `<ListMultipartUploadsResult ${XMLNS}><IsTruncated>false</IsTruncated>${found
      .map(
        ([id, { key, began }]) =>
          `<Upload><Key>${escaped(key)}</Key><UploadId>${id}</UploadId><Initiated>${new Date(began).toISOString()}</Initiated></Upload>`,
      )
      .join("")}</ListMultipartUploadsResult>`;
  }

  interface Reply {
    status: number;
    headers?: Record<string, string>;
    body?: Buffer | string;
  }

  function get({ headers, key }: S3Seen): Reply {
    const stored = objects.get(key);
    if (stored === undefined) throw new Refused(404, "NoSuchKey");
    if (headers["if-match"] !== undefined && headers["if-match"] !== stored.etag)
      throw new Refused(412, "PreconditionFailed");
    const of = { ...stored.metadata, etag: stored.etag };
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "");
    if (range === null) return { status: 200, headers: of, body: stored.bytes };
    const [from, to] = [Number(range[1]), Math.min(Number(range[2]), stored.bytes.length - 1)];
    if (from > to) throw new Refused(416, "InvalidRange");
    const contentRange = `bytes ${from}-${to}/${stored.bytes.length}`;
    return {
      status: 206,
      headers: { ...of, "content-range": contentRange },
      body: stored.bytes.subarray(from, to + 1),
    };
  }

  function put(seen: S3Seen): Reply {
    const etag = `"${hex(seen.body).slice(0, 32)}"`;
    const stored = { bytes: seen.body, etag, metadata: metadataOf(seen.headers) };
    if (seen.query.has("uploadId")) uploadOf(seen).parts.set(Number(seen.query.get("partNumber")), stored);
    else {
      checkCondition(seen);
      objects.set(seen.key, stored);
    }
    return { status: 200, headers: { etag } };
  }

  function begin(seen: S3Seen): Reply {
    // With signs that must be encoded in a query.
    const id = `${randomBytes(9).toString("base64")}+/==.${uploads.size}`;
    uploads.set(id, { key: seen.key, began: Date.now(), metadata: metadataOf(seen.headers), parts: new Map() });
    return {
      status: 200,
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<InitiateMultipartUploadResult ${XMLNS}><Key>${seen.key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    };
  }

  function answer(seen: S3Seen): Reply {
    const { method, key, query } = seen;
    if (key === "" && method === "GET")
      return { status: 200, body: query.has("uploads") ? listUploads(seen) : list(seen) };
    if (method === "GET" || method === "HEAD") return get(seen);
    if (method === "PUT") return put(seen);
    if (method === "POST") return query.has("uploads") ? begin(seen) : { status: 200, body: complete(seen) };
    if (method !== "DELETE") throw new Refused(405, "MethodNotAllowed");
    if (!query.has("uploadId")) objects.delete(key);
    else {
      uploadOf(seen);
      uploads.delete(query.get("uploadId") ?? "");
    }
    return { status: 204 };
  }

  const errorReply = (status: number, code: string): Reply => ({
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>What goes wrong &amp; why</Message><AWSAccessKeyId>${credentials.accessKeyId}</AWSAccessKeyId></Error>`,
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { host = "" } = request.headers;
    const url = new URL(request.url ?? "/", `http://${host}`);
    const isHostStyle = host.startsWith(`${BUCKET}.`);
    const [, bucket = "", rest = ""] = isHostStyle
      ? ["", BUCKET, url.pathname.slice(1)]
      : (/^\/([^/]*)\/?(.*)$/.exec(url.pathname) ?? []);
    const { method = "", headers } = request;
    const seen: S3Seen = { method, key: decodeURIComponent(rest), query: url.searchParams, headers, body };
    server.seen.push(seen);
    const fault = server.fault(seen);
    const how = fault !== undefined && "how" in fault ? fault.how : undefined;
    if (how === "reset") return void request.socket.resetAndDestroy();
    if (fault !== undefined && "how" in fault && fault.how === "slow") await sleep(fault.milliseconds);
    let reply: Reply;
    try {
      checkSignature(request, url, body);
      if (bucket !== BUCKET) throw new Refused(404, "NoSuchBucket");
      reply =
        fault !== undefined && "status" in fault
          ? {
              ...errorReply(fault.status, fault.code ?? "InternalError"),
              ...(fault.body === undefined ? {} : { body: fault.body }),
            }
          : answer(seen);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      reply = errorReply(error.status, error.code);
    }
    if (how === "lost") return void request.socket.resetAndDestroy();
    let bytes = Buffer.from(reply.body ?? "");
    if (how === "flip" && bytes.length > 0) bytes[bytes.length >> 1]! ^= 1;
    response.writeHead(reply.status, { ...reply.headers, "content-length": bytes.length });
    if (method === "HEAD") bytes = Buffer.alloc(0);
    if (how !== "truncate") return void response.end(bytes);
    response.write(bytes.subarray(0, bytes.length >> 1));
    setTimeout(() => request.socket.destroy(), 20);
  }

  const http = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  http.keepAliveTimeout = 60_000;
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const server: TestS3 = {
    settings: {
      bucket: BUCKET,
      prefix: "some/prefix/",
      endpoint: `http://127.0.0.1:${port}`,
      region: REGION,
      addressing: "path",
      credentials,
    },
    objects,
    uploads,
    seen: [],
    fault: () => undefined,
    async stop() {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  return server;
}
