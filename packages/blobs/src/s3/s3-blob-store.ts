import { createHash, randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BlobStore, Semaphore } from "@cairn/core";
import { keySegments } from "../blob-key.ts";
import { blobMissing, rangeEnd } from "../blob-range.ts";
import { openTemporaryDirectory } from "../temporary-directory.ts";
import { writeDurably } from "../write-durably.ts";
import { probe } from "./probe-s3.ts";
import { Broken, openS3Client, type S3ClientOptions, type S3Stream } from "./s3-client.ts";
import { damaged, s3Error, unexpectedAnswer, unreachable } from "./s3-errors.ts";
import { deleteObject, headObject, isKey, listObjects, readHead, type S3Head } from "./s3-objects.ts";
import type { S3Settings } from "./s3-settings.ts";
import { abortStale, isOneRequest, STALE_SECONDS, uploadDraft } from "./s3-upload.ts";

const PART = 1_048_576;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const LONGEST_OBJECT_KEY = 1_024;
/** Each has a part of 5 MiB in memory, and fetch a copy of it. */
const UPLOADS_AT_ONCE = 3;
/** A connection that brought this much before it broke was worth opening. */
const PROGRESS = 65_536;
/** Some ten seconds where the store answers with errors, and two minutes where it stays silent: a choice, within a vote window of a real network. */
const CLIENT: S3ClientOptions = { attempts: 7, firstPauseSeconds: 0.2, longestPauseSeconds: 8, quietSeconds: 15 };

export interface S3BlobStore extends BlobStore {
  /**
   * Whether the store itself refuses a put of a key that is taken. Where it does not, the puts of one process still take turns and look first. Two
   * processes that put one key at once may both write it then: harmless for Cairn's keys, which are the hash of the bytes, or random. A put that
   * finds other bytes in its place throws `blob-damaged`.
   */
  readonly conditional: boolean;
  /** Give up the temporary directory, and whatever waits for the store. */
  close(): Promise<void>;
}

export interface S3StoreOptions extends Partial<S3ClientOptions> {
  /** A directory for unfinished puts, made when missing. */
  temporary: string;
  /** Age at which an unfinished upload is aborted; a day when left out. */
  staleSeconds?: number;
  /** Told where uploads of the past could not be aborted. */
  onSweepFailed?(error: unknown): void;
}

/**
 * Open the BlobStore in a bucket. Several processes may have it open at once.
 *
 * A put is written to a file first: its source may be slow or fail without the store hearing of it, its length and SHA-256 are known when it is
 * sent, and what is sent can be sent again. It becomes an object by one request that says `If-None-Match: *`, of the whole or of a completed
 * multipart upload; killed at any instant it leaves the object whole or absent. A store that knows no conditions is found out by a probe.
 *
 * What comes back is held against the size and, where all of an object is read, against the SHA-256 that is kept with it: the last part is not given
 * out before. A read that breaks off goes on where it was. Memory is bounded by three parts of 5 MiB.
 *
 * @throws CairnError `blobs-unreachable`, `blobs-denied`, `blobs-no-bucket`, `blobs-answer`; so do all calls, and `blob-damaged`, `no-space`
 */
export async function openS3BlobStore(settings: S3Settings, options: S3StoreOptions): Promise<S3BlobStore> {
  const { temporary: directory, staleSeconds = STALE_SECONDS, onSweepFailed = () => undefined, ...told } = options;
  const { prefix } = settings;
  const client = openS3Client(settings, { ...CLIENT, ...told });
  const { conditional } = await probe(client, prefix);
  const temporary = await openTemporaryDirectory(directory);
  const uploads = new Semaphore(UPLOADS_AT_ONCE);
  /** The last put of each key that is under way here: puts of one key take turns. */
  const turns = new Map<string, Promise<unknown>>();

  const sweep = () => abortStale(client, prefix, staleSeconds).catch(onSweepFailed);
  await sweep();
  // What was too young at the start is old enough then.
  const sweeping = setInterval(sweep, Math.min(2 ** 31 - 1, (staleSeconds + 3_600) * 1000)).unref();

  function objectKey(key: string): string {
    keySegments(key);
    const whole = prefix + key;
    if (whole.length > LONGEST_OBJECT_KEY) keySegments(whole);
    return whole;
  }

  /** After the put of the same key before it. */
  async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    turns.set(key, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(key) === mine) turns.delete(key);
    }
  }

  async function upload(key: string, path: string, sha256: string, size: number): Promise<boolean> {
    const file = await open(path, "r");
    try {
      const draft = { file, size, sha256 };
      return await inTurn(key, async () => {
        const held = conditional && isOneRequest(size);
        if (!held && (await headObject(client, key)) !== undefined) return false;
        return uploads.run(() => uploadDraft(client, key, draft, conditional));
      });
    } finally {
      await file.close();
    }
  }

  /** From `from` on. The store says what it gives, and is held to it. */
  async function openRange(key: string, head: S3Head, from: number, end: number): Promise<S3Stream> {
    const isWhole = from === 0 && end === head.size;
    const answer = await client.stream({
      method: "GET",
      key: prefix + key,
      headers: {
        ...(isWhole ? {} : { range: `bytes=${from}-${end - 1}` }),
        ...(head.etag === undefined ? {} : { "if-match": head.etag }),
      },
    });
    // 412: another object has the key by now, and this one is there no more.
    if (answer.code === "NoSuchKey" || answer.status === 404 || answer.status === 412) throw blobMissing(key);
    if (answer.status >= 300) throw s3Error(answer);
    if (answer.status !== (isWhole ? 200 : 206)) throw unexpectedAnswer(`HTTP ${answer.status} to a read`);
    if (answer.headers.has("content-encoding")) throw unexpectedAnswer("an object is encoded");
    if (!isWhole && answer.headers.get("content-range") !== `bytes ${from}-${end - 1}/${head.size}`)
      throw unexpectedAnswer("it gives another range than was asked for");
    if (isWhole && readHead(answer.headers).size !== head.size)
      throw unexpectedAnswer("it gives another size than it said");
    return answer;
  }

  /** Bytes [from, end), wherever connections break in between. */
  async function* readOn(key: string, head: S3Head, from: number, end: number): AsyncGenerator<Uint8Array> {
    let pauses = client.pauses();
    for (let at = from, failures = 0; at < end; ) {
      const before = at;
      let why = "it ended early";
      try {
        for await (const part of (await openRange(key, head, at, end)).body) {
          if (part.length > end - at) throw unexpectedAnswer("it gives more bytes than were asked for");
          at += part.length;
          yield part;
        }
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        why = error.message;
      }
      if (at === end) return;
      if (at - before >= PROGRESS) {
        failures = 0;
        pauses = client.pauses();
      }
      if (++failures >= client.attempts) throw unreachable(why);
      await pauses.wait();
    }
  }

  return {
    conditional,

    async putIfAbsent(key, bytes) {
      const object = objectKey(key);
      if ((await headObject(client, object)) !== undefined) return false;
      const path = join(temporary.path, randomUUID());
      const hash = createHash("sha256");
      let size = 0;
      async function* measured() {
        for await (const part of bytes) {
          hash.update(part);
          size += part.length;
          yield part;
        }
      }
      await writeDurably(path, measured());
      try {
        return await upload(object, path, hash.digest("hex"), size);
      } finally {
        await rm(path, { force: true });
      }
    },

    async size(key) {
      return (await headObject(client, objectKey(key)))?.size;
    },

    async *read(key, offset = 0, length) {
      const head = await headObject(client, objectKey(key));
      if (head === undefined) throw blobMissing(key);
      const end = rangeEnd(key, head.size, offset, length);
      const hash = offset === 0 && end === head.size && head.sha256 !== undefined ? createHash("sha256") : undefined;
      let held: Uint8Array | undefined;
      for await (const bytes of readOn(key, head, offset, end)) {
        hash?.update(bytes);
        for (let at = 0; at < bytes.length; at += PART) {
          if (held !== undefined) yield held;
          held = bytes.subarray(at, at + PART);
        }
      }
      if (hash !== undefined && hash.digest("hex") !== head.sha256) throw damaged(key, "its SHA-256 is another");
      if (held !== undefined) yield held;
    },

    async remove(key) {
      await deleteObject(client, objectKey(key));
    },

    async *list(text) {
      // No key has any other characters.
      if (!/^[A-Za-z0-9._/-]*$/.test(text)) return;
      for await (const { key, size } of listObjects(client, prefix + text)) {
        const ours = key.slice(prefix.length);
        if (isKey(ours)) yield { key: ours, size };
      }
    },

    async close() {
      clearInterval(sweeping);
      client.close();
      await temporary.close();
    },
  };
}
