import { existsSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Copied, copyBlobs, describeS3, openFileBlobStore, openS3BlobStore, type S3Settings } from "@cairn/blobs";
import type { BlobStore } from "@cairn/core";
import { ensureDatabaseId } from "@cairn/database";
import { writeDurably } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import type { Pool } from "pg";
import type { Service, ServicesLog } from "../services.ts";

/** Where manifests and leaf files are kept. */
export interface BlobsPlace {
  /** Of the objects, or of what stays on this machine where they are in S3. */
  directory: string;
  s3?:
    | {
        settings: S3Settings;
        /** Whether this gateway's objects were in S3 before: then an empty bucket is not theirs. */
        isKnown: boolean;
        /** Told when everything is there. */
        onUse(): Promise<void>;
      }
    | undefined;
}

interface Context {
  pool: Pool;
  say(line: string): void;
  log: ServicesLog & Record<"info" | "warn", (fields: object, message: string) => void>;
}

/** The key of the object that says whose database the others belong to. It goes along when a bucket is copied. */
const OWNER_KEY = "cairn/database";
const LONGEST_ID = 100;
const COPIED = "copied-to-s3.json";
const SAID_MILLISECONDS = 1_000;

/** The blob store of a gateway: files, or a bucket that is this database's alone, to which the files were copied. */
export function openBlobs(place: BlobsPlace, context: Context): Service<BlobStore> {
  let opened: { close(): Promise<void> } | undefined;
  return {
    name: "blobs",
    async start() {
      if (place.s3 === undefined) {
        const store = await openFileBlobStore(place.directory);
        opened = store;
        return store;
      }
      const { settings, isKnown, onUse } = place.s3;
      const store = await openS3BlobStore(settings, {
        temporary: join(place.directory, "uploads"),
        onSweepFailed: (error) => context.log.warn({ err: error }, "unfinished uploads of the past stay in the bucket"),
      });
      try {
        await requireOurs(store, settings, { id: await ensureDatabaseId(context.pool), isKnown });
        await copyFiles(place.directory, store, settings, context);
        await onUse();
      } catch (error) {
        await store.close();
        throw error;
      }
      if (!store.conditional)
        context.log.warn(
          {},
          "the S3 store has no conditional writes: docs/operating.md, Manifests and leaf files in S3, says what follows",
        );
      opened = store;
      return store;
    },
    stop: () => opened?.close(),
  };
}

/**
 * A bucket is one database's: another one would remove the objects that it does not know as left over.
 * @throws CairnError `blobs-differ`
 */
async function requireOurs(
  store: BlobStore,
  settings: S3Settings,
  { id, isKnown }: { id: string; isKnown: boolean },
): Promise<void> {
  let found = await ownerOf(store);
  if (found === undefined && !isKnown) {
    await store.putIfAbsent(OWNER_KEY, Readable.from([Buffer.from(id)]));
    found = await ownerOf(store);
  }
  if (found === id) return;
  const what = found === undefined ? "has nothing of this gateway" : "belongs to the database of another gateway";
  throw new CairnError(`${describeS3(settings)} ${what}`, {
    code: "blobs-differ",
    kind: "conflict",
    details: { bucket: settings.bucket, prefix: settings.prefix },
    next:
      found === undefined
        ? "Set CAIRN_BLOBS as before, or copy all objects from there to here first."
        : "Set CAIRN_BLOBS as before, or to a prefix that no other gateway uses.",
  });
}

async function ownerOf(store: BlobStore): Promise<string | undefined> {
  const size = await store.size(OWNER_KEY);
  if (size === undefined) return undefined;
  return (await buffer(store.read(OWNER_KEY, 0, Math.min(LONGEST_ID, size)))).toString();
}

/** Once: the files of the time before S3, which stay where they are. Broken off, it goes on at the next start. */
async function copyFiles(
  directory: string,
  store: BlobStore,
  settings: S3Settings,
  { say, log }: Context,
): Promise<void> {
  const done = join(directory, COPIED);
  if (!existsSync(join(directory, "objects")) || existsSync(done)) return;
  const files = await openFileBlobStore(directory);
  try {
    let said = performance.now();
    const copied = await copyBlobs(files, store, {
      onProgress({ objects, bytes }: Copied) {
        if (performance.now() - said < SAID_MILLISECONDS) return;
        said = performance.now();
        say(`copying manifests and leaf files to ${describeS3(settings)}: ${objects} objects, ${bytes} bytes so far`);
      },
    });
    await writeDurably(done, `${JSON.stringify({ to: describeS3(settings), ...copied })}\n`);
    log.info({ ...copied }, "manifests and leaf files were copied to S3");
  } finally {
    await files.close();
  }
}
