// Whole, though long: each way in which a store may fail is tried on the same test server, with the same few helpers.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import dns from "node:dns";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { blobStoreSuite } from "@cairn/core/ports/blob-store.suite";
import { describe, expect, it, vi } from "vitest";
import { type S3Fault, type S3Seen, startTestS3, type TestS3, type TestS3Options } from "../testing/s3-server.ts";
import { openS3BlobStore, type S3BlobStore, type S3StoreOptions } from "./s3-blob-store.ts";
import { readS3Settings } from "./s3-settings.ts";

const MIB = 1_048_576;
const PREFIX = "some/prefix/";
const QUICK = { firstPauseSeconds: 0.002, longestPauseSeconds: 0.02 };

interface World {
  server: TestS3;
  directory: string;
  open(options?: Partial<S3StoreOptions>): Promise<S3BlobStore>;
}

async function withServer(options: TestS3Options, test: (world: World) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "cairn-s3-"));
  const server = await startTestS3(options);
  const opened: S3BlobStore[] = [];
  try {
    await test({
      server,
      directory,
      async open(more = {}) {
        const store = await openS3BlobStore(server.settings, { temporary: directory, ...QUICK, ...more });
        opened.push(store);
        return store;
      },
    });
  } finally {
    for (const store of opened) await store.close();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const suites: [string, TestS3Options][] = [
  ["a store with conditional writes and pages of three keys", { pageSize: 3 }],
  ["one that refuses conditions", { conditions: "refused" }],
  ["one that passes over conditions", { conditions: "ignored" }],
];
for (const [name, options] of suites) {
  blobStoreSuite(`openS3BlobStore on ${name}`, (test) =>
    withServer(options, async ({ server, open, directory }) => {
      const store = await open();
      expect(store.conditional).toBe(options.conditions === undefined);
      await test(store);
      // Whatever a test did, no draft and no part stays, and nothing lies outside of the prefix.
      expect(readdirSync(directory, { recursive: true })).toHaveLength(3);
      expect(server.uploads.size).toBe(0);
      expect([...server.objects.keys()].filter((key) => !key.startsWith(PREFIX))).toEqual([]);
    }),
  );
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Where CAIRN_TEST_S3 is the location of a bucket (s3://BUCKET/PREFIX, with its keys in AWS_*): the same against a real store. */
const real = process.env.CAIRN_TEST_S3;
if (real !== undefined) {
  blobStoreSuite(`openS3BlobStore on ${real}`, async (test) => {
    const directory = mkdtempSync(join(tmpdir(), "cairn-s3-"));
    const settings = readS3Settings(`${real}/${randomBytes(8).toString("hex")}`, process.env);
    const store = await openS3BlobStore(settings, { temporary: directory });
    try {
      await test(store);
      for await (const { key } of store.list("")) await store.remove(key);
    } finally {
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

async function* cut(bytes: Uint8Array, size = 700_001) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(store: S3BlobStore, key: string, offset?: number, length?: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of store.read(key, offset, length)) parts.push(part);
  return Buffer.concat(parts);
}

/** The faults for the first requests that `matches`, each used once. */
function failing(server: TestS3, matches: (seen: S3Seen) => boolean, ...faults: S3Fault[]): () => number {
  server.fault = (seen) => (matches(seen) ? faults.shift() : undefined);
  return () => faults.length;
}

const isPut = ({ method }: S3Seen) => method === "PUT";
const isCompletion = ({ method, query }: S3Seen) => method === "POST" && query.has("uploadId");
const isRead = ({ method, key }: S3Seen) => method === "GET" && key !== "";

describe("openS3BlobStore", () => {
  it("puts large objects in parts, which are gone when any step fails for good", () =>
    withServer({}, async ({ server, open }) => {
      const store = await open({ attempts: 2 });
      const bytes = randomBytes(11 * MIB + 5);
      expect(await store.putIfAbsent("large", cut(bytes))).toBe(true);
      expect(server.seen.filter(({ query }) => query.has("partNumber"))).toHaveLength(3);
      expect((await readAll(store, "large")).equals(bytes)).toBe(true);
      expect((await readAll(store, "large", 5 * MIB - 3, 9)).equals(bytes.subarray(5 * MIB - 3, 5 * MIB + 6))).toBe(
        true,
      );
      expect(await store.putIfAbsent("large", cut(randomBytes(3)))).toBe(false);

      const steps: [(seen: S3Seen) => boolean, S3Fault, string][] = [
        [({ query }) => query.get("partNumber") === "2", { status: 400, code: "InvalidPart" }, "blobs-answer"],
        [({ query }) => query.get("partNumber") === "3", { status: 503, code: "SlowDown" }, "blobs-unreachable"],
        [({ query }) => query.get("partNumber") === "1", { how: "reset" }, "blobs-unreachable"],
        [isCompletion, { status: 403, code: "AccessDenied" }, "blobs-denied"],
        // Sent with 200, as the status is written before the work is done.
        [isCompletion, { status: 200, code: "InternalError" }, "blobs-unreachable"],
        [({ query }) => query.has("uploads"), { status: 507, code: "XMinioStorageFull" }, "no-space"],
      ];
      for (const [matches, fault, code] of steps) {
        server.fault = (seen) => (matches(seen) ? fault : undefined);
        await expect(store.putIfAbsent("failed", cut(bytes)), code).rejects.toMatchObject({ code });
        server.fault = () => undefined;
        expect(server.uploads.size, code).toBe(0);
        expect(await store.size("failed"), code).toBeUndefined();
      }
    }));

  it("knows its own object when the answer to its put was lost", () =>
    withServer({}, async ({ server, open }) => {
      const store = await open();
      const small = failing(server, isPut, { how: "lost" }, { how: "lost" });
      expect(await store.putIfAbsent("small", cut(randomBytes(9)))).toBe(true);
      expect(small()).toBe(0);
      const large = failing(server, isCompletion, { how: "lost" });
      const bytes = randomBytes(6 * MIB);
      expect(await store.putIfAbsent("large", cut(bytes))).toBe(true);
      expect(large()).toBe(0);
      expect((await readAll(store, "large")).equals(bytes)).toBe(true);
      expect(server.uploads.size).toBe(0);
    }));

  it("lets one of several processes win a key, small or large", () =>
    withServer({}, async ({ server, open }) => {
      const stores = [await open(), await open(), await open()];
      for (const size of [10, 6 * MIB]) {
        const contents = stores.map(() => randomBytes(size));
        const key = `raced/${size}`;
        const won = await Promise.all(stores.map((store, at) => store.putIfAbsent(key, cut(contents[at]!))));
        expect(won.filter(Boolean)).toHaveLength(1);
        expect((await readAll(stores[0]!, key)).equals(contents[won.indexOf(true)]!)).toBe(true);
      }
      expect(server.uploads.size).toBe(0);
    }));

  it("puts large objects where the condition is known on puts alone", () =>
    withServer({ conditions: "on-puts" }, async ({ server, open }) => {
      const store = await open();
      expect(store.conditional).toBe(true);
      expect(await store.putIfAbsent("large", cut(randomBytes(6 * MIB)))).toBe(true);
      expect(await store.putIfAbsent("large", cut(randomBytes(6 * MIB)))).toBe(false);
      expect(server.uploads.size).toBe(0);
    }));

  it("says so where, without conditions, another process's put took the place of its own with other bytes", () =>
    withServer({ conditions: "ignored" }, async ({ server, open }) => {
      const store = await open();
      /** Another process's put, between ours and our look at what is there. */
      const replaceBy = (bytes: Buffer) => {
        server.fault = ({ method, key }) => {
          const ours = server.objects.get(key);
          if (method !== "HEAD" || ours === undefined) return undefined;
          const metadata = { "x-amz-meta-cairn-put": "another", "x-amz-meta-cairn-sha256": sha256(bytes) };
          server.objects.set(key, { ...ours, bytes, metadata });
          return undefined;
        };
      };
      const bytes = randomBytes(30);
      replaceBy(bytes);
      expect(await store.putIfAbsent("same", cut(bytes))).toBe(false);
      replaceBy(randomBytes(30));
      await expect(store.putIfAbsent("other", cut(bytes))).rejects.toMatchObject({ code: "blob-damaged" });
    }));

  it("goes through refusals that pass, resets and answers that break off, in puts and reads", () =>
    withServer({}, async ({ server, open }) => {
      const store = await open({ quietSeconds: 1 });
      const bytes = randomBytes(3 * MIB);
      const passing: S3Fault[] = [
        { status: 500, code: "InternalError" },
        { status: 503, code: "SlowDown" },
        { status: 409, code: "ConditionalRequestConflict" },
        { status: 429 },
        { status: 502, body: "<html>Bad gateway</html>" },
        { how: "reset" },
        { how: "slow", milliseconds: 100 },
      ];
      const puts = failing(server, isPut, ...passing);
      expect(await store.putIfAbsent("k", cut(bytes))).toBe(true);
      expect(puts()).toBe(0);
      const reads = failing(
        server,
        isRead,
        { status: 503 },
        { how: "truncate" },
        { how: "reset" },
        { how: "truncate" },
      );
      expect((await readAll(store, "k")).equals(bytes)).toBe(true);
      expect(reads()).toBe(0);
      // It went on where it was: nothing was read twice from the start.
      expect(server.seen.filter(isRead).at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
      const lists = failing(server, ({ key }) => key === "", { how: "truncate" }, { status: 500 });
      const found: string[] = [];
      for await (const { key } of store.list("")) found.push(key);
      expect([found, lists()]).toEqual([["k"], 0]);
    }));

  it("gives up on a store that stays silent, breaks off or refuses", () =>
    withServer({}, async ({ server, open }) => {
      const store = await open({ quietSeconds: 0.3, attempts: 2 });
      await store.putIfAbsent("k", cut(randomBytes(MIB)));
      const ends: [S3Fault, string, RegExp][] = [
        [{ how: "slow", milliseconds: 2_000 }, "blobs-unreachable", /said nothing for 0.3 seconds/],
        [{ how: "reset" }, "blobs-unreachable", /ECONNRESET|UND_ERR_SOCKET|broke/],
        [{ status: 503, code: "SlowDown" }, "blobs-unreachable", /SlowDown, HTTP 503/],
        [{ status: 403, code: "ExpiredToken" }, "blobs-denied", /ExpiredToken/],
        [{ status: 404, code: "NoSuchBucket" }, "blobs-no-bucket", /NoSuchBucket/],
        [{ status: 301, code: "PermanentRedirect" }, "blobs-no-bucket", /PermanentRedirect/],
        [{ status: 418, code: "Teapot" }, "blobs-answer", /HTTP 418/],
      ];
      for (const [fault, code, message] of ends) {
        server.fault = ({ key }) => (key === "" ? fault : undefined);
        await expect(store.list("")[Symbol.asyncIterator]().next(), code).rejects.toMatchObject({
          code,
          message: expect.stringMatching(message),
        });
      }
      server.fault = ({ method }) => (method === "GET" ? { how: "truncate" } : undefined);
      await expect(readAll(store, "k", 0, 999)).rejects.toMatchObject({ code: "blobs-unreachable" });
    }));

  it("gives out no last byte of an object that is not what was put", () =>
    withServer({}, async ({ server, open }) => {
      const store = await open();
      for (const size of [1, 5_000, 7 * MIB]) {
        const key = `k${size}`;
        await store.putIfAbsent(key, cut(randomBytes(size)));
        const stored = server.objects.get(PREFIX + key)!;
        stored.bytes = Buffer.from(stored.bytes);
        stored.bytes[size >> 1]! ^= 1;
        let got = 0;
        const read = async () => {
          for await (const part of store.read(key)) got += part.length;
        };
        await expect(read()).rejects.toMatchObject({ code: "blob-damaged" });
        expect(got).toBeLessThan(size);
      }
    }));

  it("refuses what no S3 store says", () =>
    withServer({}, async ({ server, open }) => {
      const store = await open();
      await store.putIfAbsent("k", cut(randomBytes(9)));
      const page = (inside: string) => `<ListBucketResult><Name>b</Name>${inside}</ListBucketResult>`;
      const item = (key: string, size = "1") => `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`;
      const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`;
      const bad = [
        "",
        "not XML",
        "<html></html>",
        `${bomb}<ListBucketResult>&b;</ListBucketResult>`,
        page(item(`${PREFIX}b`) + item(`${PREFIX}a`)),
        page(item(`${PREFIX}a`) + item(`${PREFIX}a`)),
        page(item("elsewhere")),
        page(item(`${PREFIX}a`, "-1")),
        page(item(`${PREFIX}a`, "99999999999999999")),
        page("<IsTruncated>maybe</IsTruncated>"),
        page("<IsTruncated>true</IsTruncated>"),
        page("<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>"),
        page("x".repeat(5 * MIB)),
      ];
      for (const body of bad) {
        server.fault = ({ key }) => (key === "" ? { status: 200, body } : undefined);
        const read = (async () => {
          for await (const _ of store.list("")) if (server.seen.length > 5_000) return;
        })();
        await expect(read, body.slice(0, 80)).rejects.toMatchObject({ code: "blobs-answer" });
      }
      server.fault = () => undefined;
      // Others' objects beside ours are passed over.
      for (const name of ["", "with space", "a//b", "=x", "ä"]) {
        server.objects.set(PREFIX + name, { bytes: Buffer.of(1), etag: '"e"', metadata: {} });
      }
      const found: string[] = [];
      for await (const { key } of store.list("")) found.push(key);
      expect(found).toEqual(["k"]);
    }));

  it("finds out at the start a store that does not list, in order, what was just put", () =>
    withServer({}, async ({ server, open }) => {
      const listing = (order: (keys: string[]) => string[]) => {
        server.fault = ({ key, query }) => {
          const prefix = query.get("prefix") ?? "";
          if (key !== "" || query.has("uploads")) return undefined;
          const keys = order([...server.objects.keys()].filter((one) => one.startsWith(prefix)).toSorted());
          const items = keys.map((one) => `<Contents><Key>${one}</Key><Size>1</Size></Contents>`).join("");
          return { status: 200, body: `<ListBucketResult>${items}</ListBucketResult>` };
        };
      };
      const asOnAFileSystem = (keys: string[]) =>
        keys.toSorted((a, b) => a.localeCompare(b, "en", { sensitivity: "base" }));
      for (const order of [asOnAFileSystem, () => [], (keys: string[]) => keys.slice(1)]) {
        listing(order);
        await expect(open()).rejects.toMatchObject({ code: "blobs-answer" });
        expect(server.objects.size).toBe(0);
      }
      listing((keys) => keys);
      await open();
    }));

  it("aborts the uploads that nobody goes on with, and no younger or others' ones", () =>
    withServer({}, async ({ server, open }) => {
      const upload = (key: string, ageSeconds: number) =>
        server.uploads.set(`${key}:${ageSeconds}`, {
          key,
          began: Date.now() - ageSeconds * 1000,
          metadata: {},
          parts: new Map(),
        });
      upload(`${PREFIX}old`, 90_000);
      upload(`${PREFIX}young`, 80_000);
      upload("elsewhere/old", 90_000);
      await open();
      expect([...server.uploads.values()].map(({ key }) => key)).toEqual([`${PREFIX}young`, "elsewhere/old"]);
      const failed: unknown[] = [];
      server.fault = ({ query }) => (query.has("uploads") ? { status: 403, code: "AccessDenied" } : undefined);
      await open({ onSweepFailed: (error) => failed.push(error) });
      expect(failed).toMatchObject([{ code: "blobs-denied" }]);
    }));

  it("names the bucket in the host where it is told to, and sends a session token", () =>
    withServer({ sessionToken: "a/session+token==" }, async ({ server, directory }) => {
      const { port } = new URL(server.settings.endpoint);
      // Names below .localhost are not resolved everywhere.
      const lookup = vi
        .spyOn(dns, "lookup")
        .mockImplementation(((_host: string, _options: object, done: (...answer: unknown[]) => void) =>
          done(null, [{ address: "127.0.0.1", family: 4 }])) as never);
      try {
        const settings = { ...server.settings, endpoint: `http://s3.localhost:${port}`, addressing: "host" as const };
        const store = await openS3BlobStore(settings, { temporary: directory, ...QUICK });
        await store.putIfAbsent("a/b", cut(randomBytes(9)));
        expect(await store.size("a/b")).toBe(9);
        await store.close();
        expect(new Set(server.seen.map(({ headers }) => headers.host))).toEqual(
          new Set([`cairn-test.s3.localhost:${port}`]),
        );
      } finally {
        lookup.mockRestore();
      }
    }));

  it("shows its keys in no error, whatever goes wrong", () =>
    withServer({ sessionToken: "the-session-token" }, async ({ server, open, directory }) => {
      const { credentials } = server.settings;
      const store = await open({ attempts: 2, quietSeconds: 0.3 });
      const texts: string[] = [];
      const note = async (work: () => Promise<unknown>) => {
        const error = await work().then(
          () => expect.unreachable(),
          (thrown: unknown) => thrown,
        );
        const seen = new Set<unknown>();
        for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
          seen.add(at);
          texts.push(JSON.stringify(at, Object.getOwnPropertyNames(at)), String(at.stack));
        }
      };
      await store.putIfAbsent("k", cut(randomBytes(9)));
      const faults: S3Fault[] = [
        { status: 403, code: "SignatureDoesNotMatch" },
        { status: 403, code: credentials.secretAccessKey },
        { status: 403, code: "constructor" },
        { status: 400, body: `<Error><Code>${credentials.accessKeyId}!</Code></Error>` },
        { status: 200, body: credentials.secretAccessKey },
        { how: "reset" },
        { how: "slow", milliseconds: 1_000 },
      ];
      for (const fault of faults) {
        server.fault = ({ method }) => (method === "HEAD" ? undefined : fault);
        await note(() => store.list("")[Symbol.asyncIterator]().next());
        if (fault !== faults[4]) await note(() => store.putIfAbsent("new", cut(randomBytes(9))));
      }
      server.fault = () => undefined;
      for (const wrong of [{ secretAccessKey: "another" }, { accessKeyId: "another" }, { sessionToken: undefined }]) {
        const settings = { ...server.settings, credentials: { ...credentials, ...wrong } };
        const opening = () => openS3BlobStore(settings, { temporary: directory, ...QUICK });
        await expect(opening()).rejects.toMatchObject({ code: "blobs-denied" });
        await note(opening);
      }
      expect(texts.length).toBeGreaterThan(20);
      for (const text of texts) for (const secret of Object.values(credentials)) expect(text).not.toContain(secret);
    }));

  it("has every acknowledged object whole, and no half one, over kills in the middle of uploads", () =>
    withServer({}, async ({ server, open, directory }) => {
      let acknowledged = 0;
      let left = 0;
      // A put takes long enough to be met in its middle.
      server.fault = ({ query }) => (query.has("partNumber") ? { how: "slow", milliseconds: 30 } : undefined);
      for (let round = 0; round < 8; round++) {
        const child = spawn(
          process.execPath,
          ["--disable-warning=ExperimentalWarning", PUTTER, directory, `r${round}`],
          {
            stdio: ["pipe", "pipe", "inherit"],
          },
        );
        child.stdin.end(JSON.stringify(server.settings));
        let said = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          said += text;
        });
        await once(child.stdout, "data");
        await sleep(Math.random() * 300);
        child.kill("SIGKILL");
        await once(child, "close");
        left += server.uploads.size;
        // Its date has no milliseconds.
        const store = await open({ staleSeconds: -2 });
        // What the killed one had begun is gone, in the bucket and on the disk.
        expect(server.uploads.size).toBe(0);
        expect(readdirSync(directory).filter((name) => !name.includes("."))).toHaveLength(1);
        for (const key of said.split("\n").slice(0, -1)) {
          expect(await store.size(key), key).toBeDefined();
          acknowledged++;
        }
        for await (const { key } of store.list(`r${round}/`)) {
          expect(sha256(await readAll(store, key)), key).toBe(key.split("/").at(-1));
        }
        await store.close();
      }
      expect(acknowledged).toBeGreaterThanOrEqual(8);
      expect(left).toBeGreaterThan(0);
    }));
});

const PUTTER = join(dirname(fileURLToPath(import.meta.url)), "../../test/s3-putter.ts");
