import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestS3, type TestS3 } from "@cairn/blobs/testing/s3-server";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Home, homeAt } from "../home/home.ts";
import { childEnvironment } from "../supervise/child-environment.ts";
import { checkEnvironment } from "./environment.ts";
import { externalBlobs, requireBlobs, s3Place } from "./external-blobs.ts";

let home: Home;
let server: TestS3;

beforeEach(async () => {
  home = homeAt(await mkdtemp(join(tmpdir(), "cairn-external-blobs-")));
  server = await startTestS3();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  await rm(home.directory, { recursive: true, force: true });
});

function setEnvironment(change: Record<string, string> = {}): Record<string, string> {
  const { bucket, endpoint, region, credentials } = server.settings;
  const environment = {
    CAIRN_BLOBS: `s3://${bucket}/some/prefix`,
    CAIRN_S3_ENDPOINT: endpoint,
    CAIRN_S3_REGION: region,
    CAIRN_S3_ACCESS_KEY_ID: credentials.accessKeyId,
    CAIRN_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...change,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return environment;
}

it("lets a home of files start without a bucket, and one with a bucket not", async () => {
  await requireBlobs(home);
  expect(await s3Place(home)).toBeUndefined();
  setEnvironment();
  await requireBlobs(home);
  expect(server.objects.size).toBe(0);
  const place = await s3Place(home);
  expect(place).toMatchObject({ isKnown: false, settings: server.settings });
  await place?.onUse();
  expect((await s3Place(home))?.isKnown).toBe(true);
  const location = `s3://cairn-test/some/prefix at ${server.settings.endpoint}`;
  expect(await externalBlobs(home)).toBe(location);
  vi.unstubAllEnvs();
  await expect(requireBlobs(home)).rejects.toMatchObject({ code: "blobs-setting-missing", details: { location } });
});

it.each([
  ["another secret", { CAIRN_S3_SECRET_ACCESS_KEY: "another" }, "blobs-denied", /SECRET_ACCESS_KEY/],
  ["an unknown key", { CAIRN_S3_ACCESS_KEY_ID: "another" }, "blobs-denied", /ACCESS_KEY_ID/],
  ["another region", { CAIRN_S3_REGION: "eu-test-2" }, "blobs-no-bucket", /CAIRN_S3_REGION/],
  ["no such bucket", { CAIRN_BLOBS: "s3://another-bucket" }, "blobs-no-bucket", /CAIRN_BLOBS/],
  ["nobody there", { CAIRN_S3_ENDPOINT: "http://127.0.0.1:1" }, "blobs-unreachable", /CAIRN_S3_ENDPOINT/],
])("names the bucket, and what to do: %s", async (_what, change, code, next) => {
  const environment = setEnvironment(change);
  await expect(requireBlobs(home)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/^s3:\/\/[a-z-]+(\/some\/prefix)? at http:/),
    next: expect.stringMatching(next),
  });
  await expect(requireBlobs(home)).rejects.not.toMatchObject({
    message: expect.stringContaining(environment.CAIRN_S3_SECRET_ACCESS_KEY ?? ""),
  });
});

it("refuses a setting that is none before anything starts, and gives the keys to no process unasked", () => {
  expect(() => checkEnvironment({ CAIRN_BLOBS: " " })).not.toThrow();
  expect(() => checkEnvironment({ CAIRN_BLOBS: "s3:/bucket" })).toThrowError(
    expect.objectContaining({ code: "bad-settings", message: expect.stringContaining("CAIRN_BLOBS") }),
  );
  const keys = { CAIRN_S3_SECRET_ACCESS_KEY: "x", CAIRN_S3_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x" };
  expect(childEnvironment({ ...keys, CAIRN_BLOBS: "s3://bucket" })).toEqual({ CAIRN_BLOBS: "s3://bucket" });
});
