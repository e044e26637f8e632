import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decryptManifest,
  displayName,
  exportAccountKey,
  generateAccountKey,
  importAccountKey,
  nameOfBytes,
  packFolder,
  restoreFolder,
} from "../src/index.ts";
import { CONTENTS, patternOf } from "./browser-tree.ts";
import { chunksOf, identity, MemorySink, scratch } from "./helpers.ts";

const MEASURED_BYTES = 16_777_216;

const dir = scratch();
const keptThings = new Map<string, Buffer>();
let bundle = "";
let browser: TestBrowser;
let url: string;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "/";
  if (request.method === "PUT") {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    keptThings.set(path, Buffer.concat(parts));
    response.end();
    return;
  }
  if (path === "/archive.js") response.setHeader("content-type", "text/javascript").end(bundle);
  else if (path === "/") response.setHeader("content-type", "text/html").end("<!doctype html><title>archive</title>");
  else if (keptThings.has(path)) response.end(keptThings.get(path));
  else response.writeHead(404).end();
}

const server = createServer((request, response) => void answer(request, response));

/** Calls what in-browser.ts exports in a page of its own. */
async function inBrowser<T>(name: string, argument: unknown): Promise<T> {
  const context = await browser.context();
  try {
    const page = await context.newPage();
    await page.goto(url);
    const call = `import("/archive.js").then((module) => module[${JSON.stringify(name)}](${JSON.stringify(argument)}))`;
    return await page.evaluate<T>(call);
  } finally {
    await context.close();
  }
}

beforeAll(async () => {
  const { output } = await build({
    input: fileURLToPath(new URL("in-browser.ts", import.meta.url)),
    platform: "browser",
    output: { format: "esm", codeSplitting: false },
    write: false,
  });
  bundle = output[0].code;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  server.close();
  dir.remove();
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const get = (place: string, name: string): Buffer => {
  const found = keptThings.get(`/kept/${place}/${name}`);
  if (found === undefined) throw new Error(`${place}/${name} was not kept`);
  return found;
};

describe("an archive in a browser", () => {
  it("packs what Node restores, with the browser's key, byte for byte", async () => {
    const pieces = await inBrowser<number>("pack", { place: "from-browser", madeElsewhere: false });
    expect(pieces).toBeGreaterThan(1);
    const key = await importAccountKey(get("from-browser", "key").toString());
    const manifest = await decryptManifest(get("from-browser", "manifest"), key);
    const destination = dir.join("restored");
    const cars = Array.from({ length: pieces }, (_, piece) => chunksOf(get("from-browser", `piece-${piece}`)));
    await restoreFolder({ manifest, key, destination, pieces: cars });
    for (const [path, size] of Object.entries(CONTENTS)) {
      expect(readFileSync(`${destination}/${path}`).equals(patternOf(path, size))).toBe(true);
      expect(statSync(`${destination}/${path}`).mtimeMs).toBe(1_700_000_000_250);
    }
    expect(readdirSync(destination).toSorted()).toEqual(["deep", "empty", "größe", "large", "nothing in it"]);
  });

  it("reads what Node packed, with Node's key, byte for byte, and parts of it", async () => {
    const source = dir.join("source");
    const odd = Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0x61, 0xff, 0x62])]);
    const expected: Record<string, string | null> = { "": null };
    for (const [path, size] of Object.entries(CONTENTS)) {
      mkdirSync(dirname(`${source}/${path}`), { recursive: true });
      writeFileSync(`${source}/${path}`, patternOf(path, size));
      expected[path] = sha256(patternOf(path, size));
      for (let above = dirname(path); above !== "."; above = dirname(above)) expected[above] = null;
    }
    writeFileSync(odd, "odd");
    expected[displayName(nameOfBytes(Buffer.from([0x61, 0xff, 0x62])))] = sha256(Buffer.from("odd"));
    const key = await generateAccountKey({ name: "Node" });
    const sink = new MemorySink();
    const packed = await packFolder({ ...identity(key), sink, path: source, pieceLimit: 1_500_000 });
    const pieces = sink.pieces(packed.root);
    for (const [piece, bytes] of pieces.entries()) keptThings.set(`/kept/from-node/piece-${piece}`, bytes);
    keptThings.set("/kept/from-node/manifest", Buffer.from(packed.manifest));
    keptThings.set("/kept/from-node/key", Buffer.from(await exportAccountKey(key)));
    const read = await inBrowser("read", { place: "from-node", pieces: pieces.length, ranged: "large" });
    expect(read).toEqual({
      found: expected,
      range: sha256(patternOf("large", 3_000_000).subarray(1_000_001, 2_000_003)),
      files: 5,
      bytes: Object.values(CONTENTS).reduce((sum, size) => sum + size, 3),
      nameBytes: 5,
    });
  });

  it("reads with Node's key what it packed with it, and says how fast it is", async () => {
    const pieces = await inBrowser<number>("pack", { place: "from-node", madeElsewhere: true });
    const { found } = await inBrowser<{ found: Record<string, string | null> }>("read", {
      ...{ place: "from-node", pieces, ranged: "large" },
    });
    expect(found.large).toBe(sha256(patternOf("large", 3_000_000)));
    const rates = await inBrowser<{ pack: number; restore: number }>("measure", MEASURED_BYTES);
    console.log(`in a browser: ${rates.pack.toFixed(1)} MB/s packed, ${rates.restore.toFixed(1)} MB/s restored`);
    expect(rates.pack).toBeGreaterThan(0);
  });
});
