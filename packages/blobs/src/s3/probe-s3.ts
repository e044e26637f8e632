import { randomUUID } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import { openS3Client, type S3Client, type S3ClientOptions } from "./s3-client.ts";
import { damaged, s3Error, unexpectedAnswer } from "./s3-errors.ts";
import { deleteObject, headObject, isDone, listObjects } from "./s3-objects.ts";
import { describeS3, type S3Settings } from "./s3-settings.ts";
import { IF_ABSENT } from "./s3-upload.ts";

/** What a store was seen to do. */
export interface S3Abilities {
  /** Whether it refuses a put of a key that is taken, by itself, whoever puts. */
  conditional: boolean;
}

/** Of a check that a person waits for: a store that is there answers one of them. */
const OF_A_PERSON: S3ClientOptions = { attempts: 3, firstPauseSeconds: 0.2, longestPauseSeconds: 2, quietSeconds: 10 };

/**
 * Put, read, list and remove a probe below the prefix, with everything that the store is used for later.
 *
 * @throws CairnError `blobs-unreachable`, `blobs-denied`, `blobs-no-bucket`, `blobs-answer`, `no-space`, whose message names bucket and endpoint
 */
export async function probeS3(settings: S3Settings, options = OF_A_PERSON): Promise<S3Abilities> {
  const client = openS3Client(settings, options);
  try {
    return await probe(client, settings.prefix);
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    const { code, kind, next, details } = error;
    throw new CairnError(`${describeS3(settings)}: ${error.message}`, { code, kind, next, details });
  } finally {
    client.close();
  }
}

const CONTENT = Buffer.from("Cairn tries whether it can use this bucket, and removes this at once.");

/** In the order of the keys' bytes, which stores on file systems, and the directory buckets of AWS, do not list in. */
const IN_ORDER = ["B/x", "a", "b"];
const PROBED = "b";

async function listAll(client: S3Client, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of listObjects(client, prefix)) found.push(key);
  return found;
}

export async function probe(client: S3Client, prefix: string): Promise<S3Abilities> {
  const base = `${prefix}cairn/probe/${randomUUID()}/`;
  const keys = IN_ORDER.map((name) => base + name);
  const key = base + PROBED;
  // Before what is answered without a body, and so without a code: this one says what is wrong.
  await listAll(client, base);
  // 403 here is a missing right to list: without it, S3 says so of every key that is not there.
  if ((await headObject(client, key)) !== undefined) throw unexpectedAnswer("it has an object that nobody has put");
  try {
    const conditional = await putTwice(client, key, CONTENT);
    const read = await client.ask({ method: "GET", key });
    if (!isDone(read)) throw s3Error(read);
    if (!CONTENT.equals(read.body)) throw damaged(key, "a probe came back with other bytes");
    for (const other of keys.filter((one) => one !== key)) {
      const put = await client.ask({ method: "PUT", key: other, body: CONTENT });
      if (!isDone(put)) throw s3Error(put);
    }
    if ((await listAll(client, base)).join() !== keys.join())
      throw unexpectedAnswer("it does not list what was just put");
    for (const one of keys) await deleteObject(client, one);
    return { conditional };
  } catch (error) {
    for (const one of keys) await deleteObject(client, one).catch(() => undefined);
    throw error;
  }
}

/** Whether the second of two conditional puts was refused. Either way the object is there afterwards. */
async function putTwice(client: S3Client, key: string, body: Uint8Array): Promise<boolean> {
  const first = await client.ask({ method: "PUT", key, headers: IF_ABSENT, body });
  if (isDone(first) || first.status === 412) {
    const second = await client.ask({ method: "PUT", key, headers: IF_ABSENT, body });
    if (second.status !== 412 && !isDone(second)) throw s3Error(second);
    return second.status === 412;
  }
  // How stores answer a header that they do not know; AWS and most others of today know it.
  if (first.status !== 501 && first.status !== 400) throw s3Error(first);
  const plain = await client.ask({ method: "PUT", key, body });
  if (!isDone(plain)) throw s3Error(plain);
  return false;
}
