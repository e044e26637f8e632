import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  carHeader,
  decryptManifest,
  exportAccountKey,
  generateAccountKey,
  importAccountKey,
  packFolder,
  restoreFolder,
  walkFolder,
} from "@cairn/archive";
import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import { toHex } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol/keys";
import * as openpgp from "openpgp";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { knownPackagesSuite } from "../src/known-packages.suite.ts";
import type { KnownPackages } from "../src/known-packages.ts";
import { putRecordsSuite } from "../src/put-records.suite.ts";
import type { PutRecord, PutRecords } from "../src/put-records.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-owner-"));
const photos = join(directory, "photos");
const kept = new Map<string, Buffer>();
const scripts = new Map<string, string>();
let browser: TestBrowser;
let context: BrowserContext;
let page: Page;
let url: string;

const FILES: Record<string, number> = {
  "a b.txt": 5,
  "größe/日本語 🗻.txt": 17,
  "deep/er/and/deeper/file": 70_000,
  "deep/empty": 0,
  "deep.txt": 12,
  "Zebra/one": 2_000_000,
  "Zebra/two": 5_000_000,
  "many/last": 900_000,
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "/";
  const script = scripts.get(path);
  if (request.method === "PUT") {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    kept.set(path.replace("/kept/", ""), Buffer.concat(parts));
    response.end();
  } else if (script !== undefined) response.setHeader("content-type", "text/javascript").end(script);
  else if (path === "/") {
    const html = '<!doctype html><title>owner</title><input id="chosen" type="file" webkitdirectory>';
    response.setHeader("content-type", "text/html").end(html);
  } else {
    const found = kept.get(path.replace("/kept/", ""));
    if (found === undefined) response.writeHead(404).end();
    else response.end(found);
  }
}
const server = createServer((request, response) => void answer(request, response));

async function call<T>(name: string, argument?: unknown): Promise<T> {
  return page.evaluate<T>(
    `import("/page.js").then((module) => module[${JSON.stringify(name)}](${JSON.stringify(argument)}))`,
  );
}

async function openPage(): Promise<void> {
  page = await context.newPage();
  await page.goto(url);
  await page.evaluate('import("/page.js").then(() => undefined)');
}

/** As a person drags a folder of the machine onto the page. */
async function drop(path: string): Promise<void> {
  const session = await context.newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 5, y: 5, data });
  }
  await expect.poll(() => call<boolean>("waitsForDrop")).toBe(false);
}

beforeAll(async () => {
  for (const [place, size] of Object.entries(FILES)) {
    const path = join(photos, place);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, Buffer.alloc(size, place));
    utimesSync(path, 1_700_000_000.25, 1_700_000_000.25);
  }
  mkdirSync(join(photos, "nothing in it"));
  for (const [path, source] of [
    ["/page.js", "in-browser.ts"],
    ["/worker.js", "web-worker.ts"],
  ] as const) {
    const { output } = await build({
      input: fileURLToPath(new URL(source, import.meta.url)),
      platform: "browser",
      output: { format: "esm", codeSplitting: false },
      write: false,
    });
    scripts.set(path, output[0].code);
  }
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await openBrowser();
  context = await browser.context();
  await openPage();
});
afterAll(async () => {
  await browser?.close();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Rooted {
  name: string;
  root: string;
  files: number;
  bytes: number;
  entries: { kind: string; parent: number; name: string; milliseconds: number }[];
}

describe("a folder that a page is given", () => {
  let expected: Rooted["entries"];
  let root: string;

  beforeAll(async () => {
    const key = await generateAccountKey({ name: "Node" });
    const walked = await walkFolder(photos);
    expected = walked.entries.map(({ kind, parent, name }) => ({
      kind,
      parent,
      name,
      milliseconds: 1_700_000_000_250,
    }));
    const packed = await packFolder({
      ...{ key, packageId: "0".repeat(32), name: "photos", repairKey: new Uint8Array(32), created: 1, path: photos },
      ...{ layout: "unencrypted", walked, sink: { write: () => undefined, cut: () => undefined } },
    });
    root = packed.root.toString();
  });

  it.each([0, 2])(
    "is dropped: the same entries and the same root as the folder itself, with %i workers",
    async (workers) => {
      await drop(photos);
      const found = await call<Rooted>("rootOf", { way: "drop", workers });
      expect(found.entries).toEqual(expected);
      expect(found).toMatchObject({
        name: "photos",
        root,
        files: 8,
        bytes: Object.values(FILES).reduce((a, b) => a + b),
      });
    },
  );

  it("is had by handles: the same root again", async () => {
    await call("copyDropped");
    const found = await call<Rooted>("rootOf", { way: "handle", workers: 1 });
    expect(found.root).toBe(root);
    expect(found.entries.map(({ name }) => name).slice(1)).toEqual(expected.map(({ name }) => name).slice(1));
  });

  it("is chosen by an input: the same, but for the empty folder, which no browser tells of", async () => {
    await page.setInputFiles("#chosen", photos);
    const found = await call<Rooted>("rootOf", { way: "input", workers: 1 });
    expect(found.name).toBe("photos");
    expect(found.entries.map(({ name }) => name)).toEqual(
      expected.map(({ name }) => name).filter((name) => name !== "nothing in it"),
    );
    expect(found.entries.filter(({ kind }) => kind === "file").map(({ milliseconds }) => milliseconds)).toEqual(
      Array.from({ length: 8 }, () => 1_700_000_000_250),
    );
  });

  it("is packed with workers, stopped, listed anew and gone on with: Node restores it byte for byte", async () => {
    const {
      stopped,
      kept: checkpoints,
      pieces,
      read,
    } = await call<{
      stopped: string;
      kept: number;
      pieces: number;
      read: number[];
    }>("packInTwo", { way: "drop", stopAfter: 2 });
    expect(stopped).toBe("stopped here");
    expect(checkpoints).toBe(2);
    expect(pieces).toBeGreaterThan(2);
    const [first, second] = read as [number, number];
    expect(second).toBeLessThan(first + second - 1_000_000);
    const key = await importAccountKey(kept.get("key")!.toString());
    const manifest = await decryptManifest(kept.get("manifest")!, key);
    const cars = Array.from({ length: pieces }, (_, piece) => kept.get(`piece-${piece}`)!);
    const back = join(directory, "back");
    await restoreFolder({
      manifest,
      key,
      destination: back,
      pieces: cars.map(async function* (car) {
        yield car;
      }),
    });
    for (const place of Object.keys(FILES)) {
      expect(readFileSync(join(back, place)).equals(readFileSync(join(photos, place))), place).toBe(true);
      expect(statSync(join(back, place)).mtimeMs).toBe(1_700_000_000_250);
    }
    expect(statSync(join(back, "nothing in it")).isDirectory()).toBe(true);
  });

  it("is packed no further once it is cancelled", async () => {
    expect(await call("cancelled", "drop")).toBe("enough");
  });
});

describe("what comes back into a browser", () => {
  const places = { "plain.txt": "plain", "in/größe 🗻": "größe", "in/back\\slash": "slash", empty: "" };
  let pieces = 0;

  beforeAll(async () => {
    const source = join(directory, "source");
    for (const [place, text] of Object.entries(places)) {
      mkdirSync(join(source, place, ".."), { recursive: true });
      writeFileSync(join(source, place), text, { mode: 0o640 });
    }
    symlinkSync("../plain.txt", join(source, "in/link"));
    writeFileSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0x61, 0xff])]), "odd");
    const key = await generateAccountKey({ name: "Node" });
    const parts: Buffer[][] = [];
    const packed = await packFolder({
      ...{ key, packageId: "0".repeat(32), name: "source", repairKey: new Uint8Array(32), created: 1, path: source },
      sink: {
        write(piece, part) {
          parts[piece] ??= [];
          parts[piece].push(Buffer.from(part));
        },
        cut: () => undefined,
      },
    });
    for (const [piece, all] of parts.entries())
      kept.set(`piece-${piece}`, Buffer.concat([carHeader(packed.root), ...all]));
    kept.set("manifest", Buffer.from(packed.manifest));
    kept.set("key", Buffer.from(await exportAccountKey(key)));
    pieces = parts.length;
  });

  it("is a zip that other programs unpack, with modes, times and links", async () => {
    expect(await call("restore", { name: "mine", pieces })).toEqual({ files: 5, bytes: 20 });
    const zip = join(directory, "all.zip");
    writeFileSync(zip, kept.get("zip")!);
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    expect(execFileSync("unzip", ["-t", zip], { env }).toString()).toContain("No errors detected");
    const out = join(directory, "unzipped");
    execFileSync("unzip", ["-q", zip, "-d", out], { env });
    for (const [place, text] of Object.entries(places)) {
      const path = join(out, "mine", place);
      expect(readFileSync(path, "utf8"), place).toBe(text);
      expect(statSync(path).mode & 0o777).toBe(0o640);
    }
    expect(readFileSync(join(out, "mine/in/link"), "utf8")).toBe("plain");
  });

  it("is no zip where it broke off", async () => {
    expect(await call("brokenZip")).toBe(0);
  });
});

describe("records in a browser", () => {
  it("keep what was pinned, and handles, over pages", async () => {
    const pinned = { profile: "local", defaults: { days: 1 } };
    expect(await call("pins", pinned)).toEqual(pinned);
    const opened = await call<{ number: number }>("openPut", "with handles");
    const head = { id: "1".repeat(32), repairKey: "", created: 1, terms: {} };
    await call("put", { number: opened.number, call: "begin", first: head });
    await call("keepHandles", "with handles");
    await page.close();
    await openPage();
    expect(await call("pins")).toEqual(pinned);
    expect(await call("begunPuts")).toMatchObject([{ name: "with handles" }]);
    expect(await call("handleNames", "with handles")).toContain("nothing in it");
    // The page that had it is gone, and its lock with it.
    const again = await call<{ number: number; head: object }>("openPut", "with handles");
    expect(again.head).toEqual(head);
    await call("put", { number: again.number, call: "forget" });
    await call("put", { number: again.number, call: "close" });
    expect(await call("begunPuts")).toEqual([]);
    expect(await call("handleNames", "with handles")).toBeUndefined();
  });
});

describe("what two tabs change", () => {
  it("is listed without what the other removed meanwhile", async () => {
    expect(await call("putsThatVanish", "mine")).toEqual(["mine"]);
  });

  it("is changed as a whole or not at all", async () => {
    expect(await call("halfAChange")).toEqual({ failed: "DataCloneError" });
  });
});

describe("keys in a browser", () => {
  const home = mkdtempSync(join(tmpdir(), "cairn-gpg-"));
  const gpg = (args: string[], input?: string | Uint8Array) =>
    execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", ...args], {
      ...(input === undefined ? {} : { input }),
      stdio: ["pipe", "pipe", "pipe"],
    });
  afterAll(() => {
    execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true, force: true });
  });
  const passphrase = "several words apart";
  interface Kept {
    fingerprint: string;
    privateKey: string;
    publicKey: string;
    code?: string;
    message?: string;
  }
  const keyOf = (name: string): string =>
    /fpr:::::::::([0-9A-F]{40}):/.exec(gpg(["--with-colons", "--list-secret-keys", name]).toString())?.[1] ?? "";

  it("are made, and gpg takes them, opens what is encrypted to them, and revokes them", async () => {
    expect(await call("makeKey", { name: "Ann", email: "ann@example.org", passphrase: "short" })).toMatchObject({
      code: "wrong-passphrase",
    });
    const made = await call<Kept>("makeKey", { name: "Ann", email: "ann@example.org", passphrase });
    expect(await call("allKept")).toContain("BEGIN PGP PRIVATE KEY");
    await expect(importAccountKey(made.privateKey)).rejects.toMatchObject({ code: "wrong-passphrase" });
    const certificate = await call<string>("certificate", made.fingerprint);
    gpg(["--passphrase", passphrase, "--import"], made.privateKey);
    expect(keyOf("ann@example.org")).toBe(made.fingerprint);
    const secret = Array.from({ length: 32 }, (_, byte) => byte + 1);
    const { address, keystore, lookup, content } = await call<{
      address: string;
      keystore: number[];
      lookup: number;
      content: object;
    }>("walletOf", { fingerprint: made.fingerprint, wallet: secret });
    expect([...gpg(["--passphrase", passphrase, "--decrypt"], Uint8Array.from(keystore))]).toEqual(secret);
    expect(address).toBe(addressOfKey(toHex(Uint8Array.from(secret))));
    expect(lookup).toBe(32);
    expect(content).toMatchObject({ code: "key-locked" });
    gpg(["--import"], certificate);
    expect(gpg(["--with-colons", "--list-keys", made.fingerprint]).toString()).toMatch(/^pub:r:/m);
    const revoked = gpg(["--passphrase", passphrase, "--armor", "--export-secret-keys", made.fingerprint]).toString();
    await expect(call("importKey", { key: revoked, passphrase })).resolves.toMatchObject({
      code: "key-unusable",
      message: expect.stringContaining("is revoked"),
    });
  });

  it("of gpg are taken, armoured and binary, and refused with the reason where they cannot serve", async () => {
    gpg(["--passphrase", passphrase, "--quick-generate-key", "bob@example.org", "future-default", "default", "never"]);
    const bob = keyOf("bob@example.org");
    const binary = [...gpg(["--passphrase", passphrase, "--export-secret-keys", bob])];
    expect(await call("importKey", { binary, passphrase: "something else" })).toMatchObject({
      code: "wrong-passphrase",
    });
    expect(await call("importKey", { binary, passphrase })).toMatchObject({ fingerprint: bob });
    const armored = gpg(["--passphrase", passphrase, "--armor", "--export-secret-keys", bob]).toString();
    expect(await call("importKey", { key: armored, passphrase })).toMatchObject({ fingerprint: bob });
    gpg(["--passphrase", passphrase, "--quick-generate-key", "eve@example.org", "ed25519", "sign", "never"]);
    const eve = gpg([
      "--passphrase",
      passphrase,
      "--armor",
      "--export-secret-keys",
      keyOf("eve@example.org"),
    ]).toString();
    expect(await call("importKey", { key: eve, passphrase })).toMatchObject({
      code: "key-unusable",
      message: expect.stringContaining("no usable encryption subkey"),
    });
    const modern = await openpgp.generateKey({
      type: "curve25519",
      userIDs: [{ name: "New" }],
      passphrase,
      format: "armored",
    });
    expect(await call("importKey", { key: modern.privateKey, passphrase })).toMatchObject({
      code: "key-unusable",
      message: expect.stringContaining("gpg 2.2 does not read"),
    });
    const past = new Date(Date.now() - 86_400_000);
    const expired = await openpgp.generateKey({
      ...{ type: "ecc", curve: "curve25519Legacy", userIDs: [{ name: "Old" }], passphrase, format: "armored" },
      ...{ date: past, keyExpirationTime: 3600 },
    });
    expect(await call("importKey", { key: expired.privateKey, passphrase })).toMatchObject({
      code: "key-unusable",
      message: expect.stringContaining("expired on"),
    });
    expect(await call("importKey", { key: "nonsense", passphrase })).toMatchObject({ code: "key-unusable" });
  });

  it("are locked by a person, by time and by closing the page, and stay", async () => {
    const { fingerprint } = await call<Kept>("makeKey", { name: "Zoe", email: "zoe@example.org", passphrase });
    expect(await call("stateOf", fingerprint)).toMatchObject({ open: true });
    await call("lockKeys");
    expect(await call("useKey", fingerprint)).toMatchObject({ code: "key-locked" });
    expect(await call("unlockKey", { fingerprint, passphrase: "wrong one" })).toMatchObject({
      code: "wrong-passphrase",
    });
    expect(await call("unlockKey", { fingerprint, passphrase, minutes: 0.001 })).toBeTypeOf("boolean");
    await expect
      .poll(() => call<{ open: boolean; locked: string[] }>("stateOf", fingerprint))
      .toMatchObject({
        open: false,
        locked: expect.arrayContaining([fingerprint]),
      });
    expect(await call("unlockKey", { fingerprint, passphrase })).toBe(true);
    await call("anotherKeyring");
    expect(await call("useKey", fingerprint)).toMatchObject({ code: "key-locked" });
    expect(await call<Kept[]>("listKeys")).toEqual(expect.arrayContaining([expect.objectContaining({ fingerprint })]));
    await call("forgetKey", fingerprint);
    expect((await call<Kept[]>("listKeys")).map((key) => key.fingerprint)).not.toContain(fingerprint);
  });
});

describe("a key that is used by nobody", () => {
  it("locks after the minutes that it was made with, whatever asks for it", async () => {
    const of = { name: "Eve", email: "eve@example.org", passphrase: "a long passphrase" };
    const { fingerprint } = await call<{ fingerprint: string }>("makeKey", { ...of, minutes: 0.05 });
    expect(await call<number>("useUntilLocked", { fingerprint, renews: false })).toBeLessThan(15_000);
    await call("forgetKey", fingerprint);
  });
});

describe("a row that two tabs write", () => {
  it("is one tab's where it was nobody's, and loses no change", async () => {
    const { first, row } = await call<{ first: string[]; row: object }>("twoTabs", 20);
    expect(first.toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(row).toEqual({ of: first.indexOf("fulfilled"), count: 40 });
  });
});

let opened = 0;
knownPackagesSuite("KnownPackages: in a browser", async (): Promise<KnownPackages> => {
  const name = `known-${++opened}`;
  const of = (name_: string) => (argument?: unknown) => call<never>("known", { name, call: name_, argument });
  return { recall: of("recall"), remember: of("remember"), forget: of("forget"), ids: of("ids") };
});

putRecordsSuite(
  "PutRecords: in a browser",
  async (): Promise<PutRecords> => ({
    forget: (name) => call("forgetPut", name),
    async open(name): Promise<PutRecord> {
      const { code, number, ...was } = await call<{ code?: string; number: number } & PutRecord>("openPut", name);
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      const put = <T>(what: string, first?: unknown, second?: unknown) =>
        call<T>("put", { number, call: what, first, second });
      return {
        ...{ head: was.head, checkpoints: was.checkpoints },
        begin: (head, checkpoints) => put("begin", head, checkpoints),
        add: (checkpoint) => put("add", checkpoint),
        keepManifest: (bytes) => put("keepManifest", [...bytes]),
        async manifest() {
          const bytes = await put<number[]>("manifest");
          return bytes.length === 0 ? undefined : Uint8Array.from(bytes);
        },
        forget: () => put("forget"),
        close: () => put("close"),
      };
    },
  }),
);
