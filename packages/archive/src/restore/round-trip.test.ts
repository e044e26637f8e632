import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { processIdentity } from "@cairn/process/process-identity";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chunksOf, listing, makeTree, packed, scratch, type Tree } from "../../test/helpers.ts";
import {
  type AccountKey,
  blockIndexOf,
  decryptManifest,
  exportAccountKey,
  generateAccountKey,
  type RestoreProgress,
  restoreFolder,
  UNIXFS_V1_2025,
} from "../index.ts";

const LAYOUTS = ["private", "plain", "unencrypted"] as const;
const SMALL = { ...UNIXFS_V1_2025, chunk: 1024, links: 3, shardAbove: 400 };

describe("pack and restore", () => {
  const dir = scratch();
  let key: AccountKey;

  beforeAll(async () => {
    key = await generateAccountKey({ name: "Tester" });
  });
  afterAll(dir.remove);

  function oddTree(path: string, utf8Only: boolean): void {
    makeTree(path, {
      empty: {},
      deep: { deeper: { deepest: {} } },
      "zero bytes": Buffer.alloc(0),
      "e\u0301 decomposed": Buffer.from("nfd"),
      "\u00e9 composed": Buffer.from("nfc"),
      "line\nbreak": Buffer.from("x"),
      "-rf": Buffer.from("dash"),
      "back\\slash": Buffer.from("b"),
      "\u{1f600}": Buffer.from("emoji"),
      ["n".repeat(255)]: Buffer.from("long"),
      large: randomBytes(3_333_333),
      "dangling link": { link: "/nowhere/at/all" },
      "link up": { link: "../.." },
      "link to folder": { link: "deep" },
    });
    if (!utf8Only) {
      writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x66, 0xff, 0xfe, 0x80])]), "not utf-8");
    }
    linkSync(`${path}/large`, `${path}/hard link`);
    chmodSync(`${path}/zero bytes`, 0o000);
    chmodSync(`${path}/-rf`, 0o4755);
    chmodSync(`${path}/deep/deeper`, 0o500);
    utimesSync(`${path}/-rf`, -1.5, -1.5);
    utimesSync(`${path}/large`, 1_700_000_000.123456, 1_700_000_000.123456);
    utimesSync(`${path}/empty`, 0, 0);
    utimesSync(path, 1_600_000_000, 1_600_000_000);
  }

  for (const layout of LAYOUTS) {
    for (const threads of [0, 2]) {
      it(`give back a tree of odd names: ${layout}, ${threads} threads`, async () => {
        const source = dir.join(`odd-${layout}-${threads}`);
        oddTree(source, layout !== "private");
        const { result, pieces } = await packed({ path: source, key, layout, threads, pieceLimit: 1_500_000 });
        expect(pieces.map((piece) => piece.length)).toEqual(result.pieces.map((piece) => piece.length));
        expect(pieces.length).toBeGreaterThan(3);
        const manifest = await decryptManifest(result.manifest, key);
        const destination = dir.join(`out-${layout}-${threads}`);
        const restored = await restoreFolder({
          manifest,
          key,
          threads,
          destination,
          pieces: pieces.map((piece) => chunksOf(piece)),
        });
        expect(listing(destination)).toEqual(listing(source));
        expect(restored).toMatchObject({ files: result.files, bytes: result.bytes, exactTimes: true });
      });
    }

    it(`give back an empty folder, an empty file and a single file: ${layout}`, async () => {
      const base = dir.join(`single-${layout}`);
      makeTree(base, { folder: {}, zero: Buffer.alloc(0), file: randomBytes(1_048_577) });
      for (const name of ["folder", "zero", "file"]) {
        const { result, pieces } = await packed({ path: `${base}/${name}`, key, layout });
        const manifest = await decryptManifest(result.manifest, key);
        const streams = (): AsyncIterable<Uint8Array>[] => pieces.map((piece) => chunksOf(piece, 997));
        await restoreFolder({ manifest, key, destination: `${base}/out-${name}`, pieces: streams() });
        expect(listing(`${base}/out-${name}`)).toEqual(listing(`${base}/${name}`));
        mkdirSync(`${base}/into-${name}`);
        const again = await restoreFolder({ manifest, key, destination: `${base}/into-${name}`, pieces: streams() });
        expect(again.path).toBe(name === "folder" ? `${base}/into-folder` : `${base}/into-${name}/${name}`);
        expect(listing(again.path)).toEqual(listing(`${base}/${name}`));
      }
    });
  }

  it.each([0, 2])("tell how far a single large file is while it is written, with %s threads", async (threads) => {
    const base = dir.join(`progress-${threads}`);
    const size = 20_000_000;
    makeTree(base, { file: randomBytes(size) });
    const { result, pieces } = await packed({ path: `${base}/file`, key });
    const told: RestoreProgress[] = [];
    await restoreFolder({
      manifest: result.opened,
      key,
      threads,
      destination: `${base}/out`,
      pieces: pieces.map((piece) => chunksOf(piece)),
      onProgress: (progress) => told.push(progress),
    });
    expect(told.at(-1)).toEqual({ files: 1, bytes: size, totalFiles: 1, totalBytes: size });
    const steps = told.map(({ bytes }, i) => bytes - (told[i - 1]?.bytes ?? 0));
    expect(Math.max(...steps)).toBeLessThan(size / 4);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  });

  it("give back any tree, whatever the leaves, pieces and chunks", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
      .filter((text) => text.isWellFormed() && !/[/\0]|^\.\.?$/.test(text) && Buffer.byteLength(text) < 256);
    const { tree } = fc.letrec<{ tree: Tree; value: Tree[string] }>((tie) => ({
      tree: fc.dictionary(name, tie("value"), { maxKeys: 6 }).map((value) => ({ ...value })),
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.uint8Array({ maxLength: 9000 }).map((bytes) => Buffer.from(bytes)),
        name.map((link) => ({ link })),
        tie("tree"),
      ),
    }));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.constantFrom(...LAYOUTS),
        fc.integer({ min: 3000, max: 20_000 }),
        fc.integer({ min: 1, max: 5000 }),
        async (given, layout, pieceLimit, step) => {
          const base = dir.join(`any-${run++}`);
          makeTree(`${base}/in`, given);
          const { result, pieces } = await packed({
            path: `${base}/in`,
            key,
            layout,
            pieceLimit,
            profile: SMALL,
            threads: 0,
          });
          expect(pieces.every((piece) => piece.length <= pieceLimit)).toBe(true);
          const manifest = await decryptManifest(result.manifest, key);
          await restoreFolder({
            manifest,
            key,
            threads: 0,
            destination: `${base}/out`,
            pieces: pieces.map((piece) => chunksOf(piece, step)),
          });
          expect(listing(`${base}/out`)).toEqual(listing(`${base}/in`));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("refuse a destination that holds anything, and change nothing there", async () => {
    const base = dir.join("occupied");
    makeTree(base, { in: { a: Buffer.from("a") }, out: { mine: Buffer.from("mine") } });
    const { result, pieces } = await packed({ path: `${base}/in`, key });
    const streams = pieces.map((piece) => chunksOf(piece));
    const options = { manifest: result.opened, key, pieces: streams };
    await expect(restoreFolder({ ...options, destination: `${base}/out` })).rejects.toMatchObject({
      code: "destination-not-empty",
    });
    await expect(restoreFolder({ ...options, destination: `${base}/out/mine` })).rejects.toMatchObject({
      code: "destination-not-empty",
    });
    expect(readdirSync(`${base}/out`)).toEqual(["mine"]);
    await expect(restoreFolder({ ...options, destination: `${base}/out/mine/below` })).rejects.toMatchObject({
      code: "unwritable-path",
    });
  });

  it("notice any changed byte, and leave nothing behind", async () => {
    const base = dir.join("changed");
    makeTree(`${base}/in`, { a: randomBytes(700), b: { c: randomBytes(5000) }, d: Buffer.alloc(0) });
    for (const layout of LAYOUTS) {
      const { result, pieces } = await packed({ path: `${base}/in`, key, layout, profile: SMALL, threads: 0 });
      const whole = pieces[0] ?? Buffer.alloc(0);
      const borders = (await blockIndexOf([whole])).blocks.map((block) => block.offset + block.length);
      const ends = [0, 30, 59, 60, 500, whole.length - 1, ...borders.slice(-4, -1)];
      for (let at = 0; at < whole.length; at += layout === "private" ? 53 : 211) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 0x10;
        const attempt = restoreFolder({
          manifest: result.opened,
          key,
          threads: 0,
          destination: `${base}/new/out`,
          pieces: [chunksOf(changed)],
        });
        await expect(attempt).rejects.toMatchObject({ kind: "corrupt" });
        expect(existsSync(`${base}/new`)).toBe(false);
      }
      for (const end of ends) {
        const attempt = restoreFolder({
          manifest: result.opened,
          key,
          threads: end === 500 ? 2 : 0,
          destination: `${base}/out`,
          pieces: [chunksOf(whole.subarray(0, end))],
        });
        await expect(attempt).rejects.toMatchObject({ kind: "corrupt" });
        expect(existsSync(`${base}/out`)).toBe(false);
      }
    }
  });

  it("refuse another key, and pass on a source's own error", async () => {
    const base = dir.join("other-key");
    makeTree(`${base}/in`, { a: randomBytes(3_000_000) });
    const { result, pieces } = await packed({ path: `${base}/in`, key, threads: 2 });
    const other = await generateAccountKey({ name: "Other" });
    await expect(decryptManifest(result.manifest, other)).rejects.toMatchObject({ code: "wrong-key" });
    const options = { manifest: result.opened, destination: `${base}/out` };
    await expect(
      restoreFolder({ ...options, key: other, threads: 2, pieces: pieces.map((piece) => chunksOf(piece)) }),
    ).rejects.toMatchObject({ code: "wrong-key" });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield (pieces[0] ?? Buffer.alloc(0)).subarray(0, 1_500_000);
      throw new Error("line cut");
    }
    await expect(restoreFolder({ ...options, key, pieces: [broken()] })).rejects.toThrow("line cut");
    expect(readdirSync(base)).toEqual(["in"]);
  });

  it("stop when told to", async () => {
    const base = dir.join("abort");
    makeTree(`${base}/in`, { a: randomBytes(9_000_000), b: randomBytes(9_000_000) });
    for (const threads of [0, 2]) {
      const early = new AbortController();
      const packing = packed({
        path: `${base}/in`,
        key,
        threads,
        signal: early.signal,
        onProgress: () => early.abort(new Error("enough")),
      });
      await expect(packing).rejects.toThrow("enough");
      const { result, pieces } = await packed({ path: `${base}/in`, key, threads });
      const late = new AbortController();
      async function* endless(): AsyncGenerator<Uint8Array> {
        yield (pieces[0] ?? Buffer.alloc(0)).subarray(0, 12_000_000);
        late.abort(new Error("enough"));
        await new Promise((resolve) => setTimeout(resolve, 200));
        throw new Error("read on after the abort");
      }
      const restoring = restoreFolder({
        manifest: result.opened,
        key,
        threads,
        destination: `${base}/out`,
        pieces: [endless()],
        signal: late.signal,
      });
      await expect(restoring).rejects.toThrow("enough");
      expect(readdirSync(base)).toEqual(["in"]);
    }
  });

  it("killed at any instant, leave no half-written file, and can be begun again as they were", async () => {
    const base = dir.join("killed");
    const files = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`f${index}`, randomBytes(150_000)]));
    makeTree(`${base}/in`, { ...files, d: { inner: Buffer.from("inner") } });
    makeTree(`${base}/one`, { file: randomBytes(300_000) });
    writeFileSync(`${base}/key`, await exportAccountKey(key));
    for (const [name, path] of [
      ["folder", `${base}/in`],
      ["file", `${base}/one/file`],
    ] as const) {
      const { result, pieces } = await packed({ path, key });
      writeFileSync(`${base}/${name}.manifest`, result.manifest);
      writeFileSync(`${base}/${name}.car`, pieces[0] ?? Buffer.alloc(0));
    }
    // Ends itself as if by kill -9 at one of its own system calls: the first write, a rename, a time or mode, the last removal.
    const program = `
      import fs, { createReadStream, readFileSync } from "node:fs";
      import { syncBuiltinESMExports } from "node:module";
      const [name, destination, fatal, nth] = process.argv.slice(1);
      let calls = 0;
      if (fatal !== "none") {
        const real = fs[fatal];
        fs[fatal] = (...args) => {
          if (++calls === Number(nth)) process.kill(process.pid, "SIGKILL");
          return real(...args);
        };
        syncBuiltinESMExports();
      }
      const { importAccountKey, decryptManifest, restoreFolder } = await import(${JSON.stringify(new URL("../index.ts", import.meta.url).href)});
      const key = await importAccountKey(readFileSync("key", "utf8"));
      const manifest = await decryptManifest(readFileSync(name + ".manifest"), key);
      await restoreFolder({ manifest, key, threads: 0, destination, pieces: [createReadStream(name + ".car")] });
    `;
    const run = (...args: string[]): NodeJS.Signals | null =>
      spawnSync(process.execPath, ["--input-type=module", "-e", program, ...args], { cwd: base, stdio: "ignore" })
        .signal;
    mkdirSync(`${base}/into`);
    writeFileSync(`${base}/into/mine`, "mine");
    for (const [fatal, nth] of [
      ["writeSync", "3"],
      ["renameSync", "1"],
      ["renameSync", "7"],
      ["fchmodSync", "5"],
      ["rmdirSync", "1"],
    ] as const) {
      expect(run("folder", "out", fatal, nth)).toBe("SIGKILL");
      for (const name of readdirSync(`${base}/out`).filter((each) => each in files))
        expect(readFileSync(`${base}/out/${name}`).equals(files[name] ?? Buffer.alloc(0))).toBe(true);
    }
    expect(run("folder", "out", "none")).toBe(null);
    expect(listing(`${base}/out`)).toEqual(listing(`${base}/in`));
    for (const [fatal, nth] of [
      ["writeSync", "1"],
      ["renameSync", "1"],
      ["rmdirSync", "1"],
    ] as const)
      expect(run("file", "into", fatal, nth)).toBe("SIGKILL");
    expect(run("file", "into", "none")).toBe(null);
    expect(readdirSync(`${base}/into`).sort()).toEqual(["file", "mine"]);
    expect(listing(`${base}/into/file`)).toEqual(listing(`${base}/one/file`));
  }, 120_000);

  it("take nothing away that a person put where a killed restore had been", async () => {
    const base = dir.join("trespass");
    makeTree(base, { in: { a: Buffer.from("a") }, out: {} });
    const { result, pieces } = await packed({ path: `${base}/in`, key });
    const restore = (): Promise<unknown> =>
      restoreFolder({
        manifest: result.opened,
        key,
        destination: `${base}/out`,
        pieces: pieces.map((p) => chunksOf(p)),
      });
    const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
    const left = `${base}/out/.cairn-restore-999999999-1-${host}-00000000`;
    makeTree(left, { tree: { half: Buffer.from("written") } });
    writeFileSync(`${base}/out/a`, "mine");
    writeFileSync(`${left}/moved`, JSON.stringify([["0:0", Buffer.from("a").toString("base64")]]));
    await expect(restore()).rejects.toMatchObject({ code: "destination-not-empty" });
    expect(readFileSync(`${base}/out/a`, "utf8")).toBe("mine");
    rmSync(`${base}/out/a`);
    // One that still writes: this very process.
    const { pid, start } = processIdentity(process.pid) ?? { pid: 0, start: "" };
    const running = `${base}/out/.cairn-restore-${pid}-${start}-${host}-00000000`;
    mkdirSync(running);
    await expect(restore()).rejects.toMatchObject({ code: "destination-not-empty" });
    rmSync(running, { recursive: true });
    await restore();
    expect(listing(`${base}/out`)).toEqual(listing(`${base}/in`));
  });
});
