import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { textIfThere, textOf } from "./read-xml.ts";
import { readAnswer, type S3Answer, type S3Client } from "./s3-client.ts";
import { damaged, s3Error, unexpectedAnswer } from "./s3-errors.ts";
import { headObject, isDone, isTruncated, PUT_FIELD, type S3Head, SHA256_FIELD } from "./s3-objects.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: the least of all parts but the last, and how many there may be. */
const LEAST_PART = 5 * 1_048_576;
const MOST_PARTS = 10_000;
/** How often a whole upload is begun anew because another put of the key was under way. */
const MOST_CONFLICTS = 3;
/** An upload that began so long ago is nobody's any more. */
export const STALE_SECONDS = 86_400;
const UPLOAD_ID = /^[\x21-\x7e]{1,1024}$/;
const PART_ETAG = /^"?[\x21\x23-\x7e]{1,200}"?$/;

export interface Draft {
  file: FileHandle;
  size: number;
  /** Of the whole, in hexadecimal. */
  sha256: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: refuse where the key is taken. */
export const IF_ABSENT = { "if-none-match": "*" };

/** Whether an object of `size` bytes is put by one request. */
export const isOneRequest = (size: number): boolean => size <= LEAST_PART;

const isTaken = ({ status, code }: Pick<S3Answer, "status" | "code">): boolean =>
  status === 412 || code === "PreconditionFailed";
const isConflict = ({ status, code }: Pick<S3Answer, "status" | "code">): boolean =>
  status === 409 || code === "ConditionalRequestConflict";

/**
 * Upload a file as one object, which appears whole or not at all: by one request, in parts where it is larger than one.
 *
 * The object carries a random mark of this put and its SHA-256. The mark tells whose object is there when an answer was lost and the store, asked
 * again, says that the key is taken.
 *
 * @param conditional whether the store knows `If-None-Match`; where not, whoever calls has looked whether the key is taken
 * @returns false when another put of the key was first
 */
export async function uploadDraft(client: S3Client, key: string, draft: Draft, conditional: boolean): Promise<boolean> {
  const put = randomUUID();
  const headers = { [PUT_FIELD]: put, [SHA256_FIELD]: draft.sha256 };
  const isOurs = (found: S3Head | undefined) => found?.put === put && found.size === draft.size;
  for (let conflicts = 0; ; conflicts++) {
    const isWhole = isOneRequest(draft.size);
    const answer = isWhole
      ? await client.ask({
          method: "PUT",
          key,
          headers: { ...headers, ...(conditional ? IF_ABSENT : {}) },
          body: await readPart(draft, 0, draft.size),
        })
      : await uploadParts(client, key, draft, { headers, conditional });
    // Done at once, and nobody else can have put it since.
    if (isWhole && isDone(answer) && conditional) return true;
    const found = await headObject(client, key);
    if (isOurs(found)) return true;
    if (isTaken(answer)) return false;
    if (isConflict(answer) && found !== undefined) return false;
    if (isConflict(answer) && conflicts < MOST_CONFLICTS) continue;
    if (!isDone(answer)) throw s3Error(answer);
    // It was stored, and has been removed since.
    if (found === undefined) return true;
    if (found.size !== draft.size || found.sha256 !== draft.sha256) throw damaged(key, "another put has replaced it");
    return false;
  }
}

/** Exactly the bytes of a part. */
async function readPart({ file, size }: Draft, from: number, length: number): Promise<Buffer> {
  const part = Buffer.allocUnsafeSlow(Math.min(length, size - from));
  for (let at = 0; at < part.length; ) {
    const { bytesRead } = await file.read(part, at, part.length - at, from + at);
    if (bytesRead === 0) throw new Error("a draft became shorter");
    at += bytesRead;
  }
  return part;
}

/** Leaves no parts behind unless it completed, or the store cannot be told: then `abortStale` does it later. */
async function uploadParts(
  client: S3Client,
  key: string,
  draft: Draft,
  { headers, conditional }: { headers: Record<string, string>; conditional: boolean },
): Promise<S3Answer> {
  const begun = await client.ask({ method: "POST", key, query: { uploads: "" }, headers });
  if (!isDone(begun)) throw s3Error(begun);
  const uploadId = readAnswer(begun, "InitiateMultipartUploadResult", (root) => textOf(root, "UploadId"));
  if (!UPLOAD_ID.test(uploadId)) throw unexpectedAnswer("an upload's id is none");
  try {
    const length = Math.max(LEAST_PART, Math.ceil(draft.size / MOST_PARTS));
    const etags: string[] = [];
    for (let from = 0; from < draft.size; from += length) {
      const query = { partNumber: String(etags.length + 1), uploadId };
      const answer = await client.ask({ method: "PUT", key, query, body: await readPart(draft, from, length) });
      if (!isDone(answer)) throw s3Error(answer);
      const etag = answer.headers.get("etag") ?? "";
      if (!PART_ETAG.test(etag)) throw unexpectedAnswer("a part has no ETag");
      etags.push(etag);
    }
    const complete = (condition: Record<string, string>) =>
      client.ask({
        method: "POST",
        key,
        query: { uploadId },
        headers: { "content-type": "application/xml", ...condition },
        body: Buffer.from(completion(etags)),
      });
    let completed = await complete(conditional ? IF_ABSENT : {});
    // Some know the condition on a put and not here.
    if (conditional && (completed.status === 501 || completed.code === "NotImplemented"))
      completed = await complete({});
    if (isDone(completed)) readAnswer(completed, "CompleteMultipartUploadResult", (root) => textOf(root, "ETag"));
    else await abort(client, key, uploadId);
    // Completed before, by a request whose answer was lost: the caller looks at what is there.
    return completed.repeated && completed.code === "NoSuchUpload" ? { ...completed, status: 412 } : completed;
  } catch (error) {
    await abort(client, key, uploadId).catch(() => undefined);
    throw error;
  }
}

function completion(etags: readonly string[]): string {
  const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const parts = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`);
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`;
}

async function abort(client: S3Client, key: string, uploadId: string): Promise<void> {
  const answer = await client.ask({ method: "DELETE", key, query: { uploadId } });
  if (!isDone(answer) && answer.status !== 404) throw s3Error(answer);
}

interface Upload {
  key: string;
  uploadId: string;
  /** Seconds since it began, by the store's own clock. */
  age: number;
}

/**
 * Abort the uploads below `prefix` that killed processes left, so that their parts are not kept (and paid for) for ever. Younger ones may be another
 * gateway's. Stores that cannot list uploads are left alone.
 *
 * @returns how many were aborted
 */
export async function abortStale(client: S3Client, prefix: string, staleSeconds = STALE_SECONDS): Promise<number> {
  let aborted = 0;
  let marker: Record<string, string> = {};
  for (;;) {
    const query = { uploads: "", prefix, "max-uploads": "1000", ...marker };
    const answer = await client.ask({ method: "GET", query });
    if (answer.status === 501 || answer.status === 405) return aborted;
    if (!isDone(answer)) throw s3Error(answer);
    const now = Date.parse(answer.headers.get("date") ?? "");
    const page = readAnswer(answer, "ListMultipartUploadsResult", (root) => ({
      uploads: root.children
        .filter((child) => child.name === "Upload")
        .map(
          (child): Upload => ({
            key: textOf(child, "Key"),
            uploadId: textOf(child, "UploadId"),
            age: (now - Date.parse(textOf(child, "Initiated"))) / 1000,
          }),
        ),
      next: isTruncated(root)
        ? {
            "key-marker": textOf(root, "NextKeyMarker"),
            "upload-id-marker": textIfThere(root, "NextUploadIdMarker") ?? "",
          }
        : undefined,
    }));
    for (const { key, uploadId, age } of page.uploads) {
      // Without a date on either side nothing is known to be old.
      if (!key.startsWith(prefix) || !UPLOAD_ID.test(uploadId) || !(age >= staleSeconds)) continue;
      await abort(client, key, uploadId);
      aborted++;
    }
    if (page.next === undefined || page.uploads.length === 0) return aborted;
    if (page.next["key-marker"] < (marker["key-marker"] ?? "")) throw unexpectedAnswer("it lists uploads in no order");
    if (JSON.stringify(page.next) === JSON.stringify(marker)) throw unexpectedAnswer("it lists the same uploads again");
    marker = page.next;
  }
}
