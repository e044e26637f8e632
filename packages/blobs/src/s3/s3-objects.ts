import { keySegments } from "../blob-key.ts";
import { textIfThere, textOf, type XmlElement } from "./read-xml.ts";
import { readAnswer, type S3Answer, type S3Client } from "./s3-client.ts";
import { s3Error, unexpectedAnswer } from "./s3-errors.ts";

/** What a store says of an object without giving it. */
export interface S3Head {
  size: number;
  etag: string | undefined;
  /** Of the put that made it: random. Undefined where something else did. */
  put: string | undefined;
  /** SHA-256 of its bytes in hexadecimal, as they were put. */
  sha256: string | undefined;
}

/** Header fields of user metadata, which every S3 store keeps with an object. */
export const PUT_FIELD = "x-amz-meta-cairn-put";
export const SHA256_FIELD = "x-amz-meta-cairn-sha256";

const KEYS_OF_A_PAGE = "1000";
const ETAG = /^(W\/)?"[\x21\x23-\x7e]{1,200}"$/;

export const isDone = ({ status, code }: Pick<S3Answer, "status" | "code">): boolean =>
  status >= 200 && status < 300 && code === undefined;

/** A whole number that a store wrote. @throws CairnError `blobs-answer` */
function readCount(text: string | null, what: string): number {
  const count = /^\d{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw unexpectedAnswer(`${what} is no number of bytes`);
}

export function readHead(headers: Headers): S3Head {
  const etag = headers.get("etag");
  const sha256 = headers.get(SHA256_FIELD);
  if (etag !== null && !ETAG.test(etag)) throw unexpectedAnswer("an ETag is none");
  return {
    size: readCount(headers.get("content-length"), "Content-Length"),
    etag: etag ?? undefined,
    put: headers.get(PUT_FIELD) ?? undefined,
    sha256: sha256 !== null && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined,
  };
}

/** Undefined where there is none. */
export async function headObject(client: S3Client, key: string): Promise<S3Head | undefined> {
  const answer = await client.ask({ method: "HEAD", key });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw s3Error(answer);
  return readHead(answer.headers);
}

/** Nothing happens where there is none. */
export async function deleteObject(client: S3Client, key: string): Promise<void> {
  const answer = await client.ask({ method: "DELETE", key });
  if (!isDone(answer) && answer.code !== "NoSuchKey") throw s3Error(answer);
}

export interface S3Listed {
  /** With the prefix. */
  key: string;
  size: number;
}

/** Every object whose key begins with `prefix`, in the order of the keys' bytes; held to it, so that a list ends. */
export async function* listObjects(client: S3Client, prefix: string): AsyncGenerator<S3Listed> {
  let token: string | undefined;
  let last: string | undefined;
  do {
    const query = { "list-type": "2", prefix, "max-keys": KEYS_OF_A_PAGE };
    const answer = await client.ask({
      method: "GET",
      query: token === undefined ? query : { ...query, "continuation-token": token },
    });
    if (!isDone(answer)) throw s3Error(answer);
    const page = readAnswer(answer, "ListBucketResult", readPage);
    for (const listed of page.objects) {
      if (!listed.key.startsWith(prefix)) throw unexpectedAnswer("it lists keys that were not asked for");
      if (last !== undefined && listed.key <= last) throw unexpectedAnswer("it lists keys in no order");
      last = listed.key;
      yield listed;
    }
    if (page.next !== undefined && page.objects.length === 0)
      throw unexpectedAnswer("it lists nothing and says more follows");
    token = page.next;
  } while (token !== undefined);
}

function readPage(root: XmlElement): { objects: S3Listed[]; next: string | undefined } {
  const objects = root.children
    .filter((child) => child.name === "Contents")
    .map((child) => ({ key: textOf(child, "Key"), size: readCount(textOf(child, "Size"), "Size") }));
  return { objects, next: isTruncated(root) ? textOf(root, "NextContinuationToken") : undefined };
}

/** Whether more pages of a list follow. */
export function isTruncated(root: XmlElement): boolean {
  const truncated = textIfThere(root, "IsTruncated") ?? "false";
  if (truncated !== "true" && truncated !== "false") throw new SyntaxError("IsTruncated is neither true nor false");
  return truncated === "true";
}

/** Whether a key below the prefix is one of a BlobStore. Others' objects may lie there, too. */
export function isKey(key: string): boolean {
  try {
    keySegments(key);
    return true;
  } catch {
    return false;
  }
}
