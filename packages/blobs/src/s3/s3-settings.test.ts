import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeS3, readS3Settings, s3Environment } from "./s3-settings.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "AKIA123", AWS_SECRET_ACCESS_KEY: "se/cr+et" };
const bad = (message: string) =>
  expect.objectContaining({ code: "bad-settings", message: expect.stringContaining(message) });

describe("readS3Settings", () => {
  it("takes AWS as it is where nothing else is said", () => {
    expect(readS3Settings("s3://bucket", { ...KEYS, AWS_REGION: "eu-west-1" })).toEqual({
      bucket: "bucket",
      prefix: "",
      endpoint: "https://s3.eu-west-1.amazonaws.com",
      region: "eu-west-1",
      addressing: "host",
      credentials: { accessKeyId: "AKIA123", secretAccessKey: "se/cr+et", sessionToken: undefined },
    });
    expect(readS3Settings("s3://bucket.with.dots", KEYS).addressing).toBe("path");
  });

  it("takes our own names before those of AWS, and another store's address", () => {
    const environment = {
      ...KEYS,
      AWS_SESSION_TOKEN: "t",
      CAIRN_S3_ACCESS_KEY_ID: " ours ",
      CAIRN_S3_SECRET_ACCESS_KEY: "our-secret",
      CAIRN_S3_ENDPOINT: "http://127.0.0.1:9000/",
      CAIRN_S3_REGION: "garage",
      OTHER: "x",
    };
    const settings = readS3Settings("s3://bucket/a/b.c/", environment);
    expect(settings).toMatchObject({
      prefix: "a/b.c/",
      endpoint: "http://127.0.0.1:9000",
      region: "garage",
      addressing: "path",
      credentials: { accessKeyId: "ours", secretAccessKey: "our-secret", sessionToken: "t" },
    });
    expect(describeS3(settings)).toBe("s3://bucket/a/b.c at http://127.0.0.1:9000");
    const { OTHER: _, ...passed } = environment;
    expect(s3Environment(environment)).toEqual(passed);
  });

  it("names what is wrong, and repeats nothing that may be secret", () => {
    const locations = [
      "",
      "s3:/b",
      "https://key:secret@x/b",
      "s3://",
      "s3://B",
      "s3://a..b",
      "s3://1.2.3.4",
      "s3://u:p@b",
      "s3://bucket/../x",
    ];
    for (const location of [
      ...locations,
      "s3://bucket/a//b",
      "s3://bucket/a b",
      "s3://bucket?x",
      `s3://bucket/${"x/".repeat(300)}y`,
    ]) {
      expect(() => readS3Settings(location, KEYS), location).toThrowError(bad("CAIRN_BLOBS is not the location"));
      if (location === "") continue;
      expect(() => readS3Settings(location, KEYS)).not.toThrowError(
        expect.objectContaining({ message: expect.stringContaining(location) }),
      );
    }
    const wrong: [Record<string, string>, string][] = [
      [{ CAIRN_S3_ENDPOINT: "s3.example" }, "CAIRN_S3_ENDPOINT is not"],
      [{ CAIRN_S3_ENDPOINT: "https://u:p@s3.example" }, "CAIRN_S3_ENDPOINT is not"],
      [{ AWS_ENDPOINT_URL: "https://s3.example/path" }, "AWS_ENDPOINT_URL is not"],
      [{ CAIRN_S3_REGION: "EU West" }, "CAIRN_S3_REGION is"],
      [{ CAIRN_S3_ADDRESSING: "virtual" }, "CAIRN_S3_ADDRESSING is"],
      [{ CAIRN_S3_ADDRESSING: "host", CAIRN_S3_ENDPOINT: "http://127.0.0.1:1" }, "CAIRN_S3_ADDRESSING is"],
      [{ AWS_SECRET_ACCESS_KEY: "two words" }, "AWS_SECRET_ACCESS_KEY cannot be"],
      [{ AWS_ACCESS_KEY_ID: "a/b" }, "AWS_ACCESS_KEY_ID cannot be"],
      [{ AWS_ACCESS_KEY_ID: "" }, "CAIRN_S3_ACCESS_KEY_ID or AWS_ACCESS_KEY_ID is not set"],
      [{ AWS_SECRET_ACCESS_KEY: " " }, "CAIRN_S3_SECRET_ACCESS_KEY or AWS_SECRET_ACCESS_KEY is not set"],
    ];
    for (const [environment, message] of wrong) {
      expect(() => readS3Settings("s3://bucket", { ...KEYS, ...environment }), message).toThrowError(bad(message));
    }
  });

  it("either reads a text or refuses it under one code", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (rest) => {
        try {
          const { bucket, prefix } = readS3Settings(`s3://${rest}`, KEYS);
          expect(`${bucket}${prefix === "" ? "" : "/"}${prefix.slice(0, -1)}`).toBe(rest.replace(/\/$/, ""));
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-settings" });
        }
      }),
    );
  });
});
