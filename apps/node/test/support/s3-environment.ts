import type { TestS3 } from "@cairn/blobs/testing/s3-server";

/** What has a gateway keep its blobs on a test's S3 server. */
export function s3Environment({ settings }: TestS3, prefix: string): Record<string, string> {
  return {
    CAIRN_BLOBS: `s3://${settings.bucket}/${prefix}`,
    CAIRN_S3_ENDPOINT: settings.endpoint,
    CAIRN_S3_REGION: settings.region,
    CAIRN_S3_ACCESS_KEY_ID: settings.credentials.accessKeyId,
    CAIRN_S3_SECRET_ACCESS_KEY: settings.credentials.secretAccessKey,
  };
}
