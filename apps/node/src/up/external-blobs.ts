import { describeS3 } from "@cairn/blobs/s3-settings";
import type { GatewayOptions } from "@cairn/gateway";
import { CairnError } from "@cairn/protocol/errors";
import { type Home, readChecked, writeWhole } from "../home/home.ts";
import { blobsSetting } from "./environment.ts";

interface KnownBlobs {
  /** For a person: `s3://BUCKET/PREFIX at ENDPOINT`. */
  location: string;
}

const isKnownBlobs = (value: unknown): value is KnownBlobs =>
  typeof (value as Partial<KnownBlobs> | null)?.location === "string";

/** Where the manifests and leaf files of a home are that has them in S3, by its last start. */
export async function externalBlobs(home: Home): Promise<string | undefined> {
  return (await readChecked(home.blobsFile, isKnownBlobs))?.location;
}

/**
 * Try the bucket of CAIRN_BLOBS before anything is started.
 *
 * @throws CairnError `blobs-setting-missing` where the home's blobs are in S3 and no bucket is set; those of probeS3
 */
export async function requireBlobs(home: Home): Promise<void> {
  const settings = blobsSetting();
  if (settings !== undefined) return void (await (await import("@cairn/blobs/probe-s3")).probeS3(settings));
  const location = await externalBlobs(home);
  if (location === undefined) return;
  throw new CairnError(`manifests and leaf files of ${home.directory} are in ${location}, and CAIRN_BLOBS is not set`, {
    code: "blobs-setting-missing",
    kind: "input",
    details: { location },
    next: "Set CAIRN_BLOBS and its keys as before; for another network choose another home with --home.",
  });
}

/** What the gateway of a home is told of the bucket; undefined where its blobs are files. */
export async function s3Place(home: Home): Promise<GatewayOptions["s3"]> {
  const settings = blobsSetting();
  if (settings === undefined) return undefined;
  const known = await externalBlobs(home);
  const location = describeS3(settings);
  return {
    settings,
    isKnown: known !== undefined,
    async onUse() {
      if (known !== location) await writeWhole(home.blobsFile, `${JSON.stringify({ location })}\n`);
    },
  };
}
