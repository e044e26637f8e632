import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AccountKey, exportPublicKey, generateAccountKey } from "@cairn/archive";
import { openDraft } from "@cairn/archive/browser";
import type { Job } from "@cairn/catalog";
import { machineClock as clock } from "@cairn/process";
import { CairnError } from "@cairn/protocol/errors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packPaths } from "./pack-paths.ts";
import { PathReader } from "./path-reader.ts";

const directory = realpathSync(mkdtempSync(join(tmpdir(), "cairn-vault-paths-")));
const folder = join(directory, "shared");
const never = new AbortController().signal;
let key: AccountKey;
beforeAll(async () => {
  key = await generateAccountKey({ name: "Tester" });
  mkdirSync(join(folder, "small/empty"), { recursive: true });
  writeFileSync(join(folder, "small/a"), "of a file");
  symlinkSync("a", join(folder, "small/link"));
  execFileSync("mkfifo", [join(folder, "small/pipe")]);
  mkdirSync(join(folder, "large"));
  writeFileSync(join(folder, "large/file"), randomBytes(24_000_000));
  mkdirSync(join(folder, "nothing"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const jobOf = (path: string): Job =>
  ({
    ...{ id: "ab".repeat(16), account: "a", kind: "vault-path:g", state: "running", attempts: 1, progress: {} },
    ...{ result: null, error: null, createdAt: 0, changedAt: 0 },
    request: { path, layout: "private", pieceLimit: 8_000_000, publicKey: exportPublicKey(key) },
  }) as Job;

/** The upload as a gateway keeps it. */
function upload(onBytes: (piece: number) => Promise<void> = async () => undefined) {
  const pieces: Buffer[] = [];
  const kept: { draft?: Buffer; cut: number } = { cut: 0 };
  const all = async (body: AsyncIterable<Uint8Array>, each: () => Promise<void>) => {
    const parts: Uint8Array[] = [];
    for await (const part of body) {
      parts.push(part);
      await each();
    }
    return Buffer.concat(parts);
  };
  const market = {
    async keepUpload() {
      pieces.length = 0;
      kept.cut += 1;
      return { pieces: [] };
    },
    async appendPiece({ piece, body }: { piece: number; body: AsyncIterable<Uint8Array> }) {
      pieces[piece] = await all(body, () => onBytes(piece));
      return { received: pieces[piece].length };
    },
    async putManifest({ body }: { body: AsyncIterable<Uint8Array> }) {
      kept.draft = await all(body, async () => undefined);
      return { size: kept.draft.length, sha256: "0x" as const };
    },
  };
  return { market, pieces, kept };
}
const uploads = {
  take: <T>({ bytes }: { bytes: AsyncIterable<Uint8Array> }, store: (body: AsyncIterable<Uint8Array>) => Promise<T>) =>
    store(bytes),
};

const pack = async (path: string, reader: PathReader, { market }: ReturnType<typeof upload>) => {
  const told: unknown[] = [];
  const job = packPaths({ market: market as never, uploads: uploads as never, reader, folders: [folder], clock });
  const outcome = await job(jobOf(path), { signal: never, save: async (progress) => void told.push(progress) });
  return { outcome, told };
};
const gone = async (reader: PathReader) => {
  for (let tries = 0; reader.processes.length > 0 && tries < 200; tries += 1) await sleep(50);
  expect(reader.processes).toEqual([]);
};

describe("a folder of the gateway's machine", () => {
  it("is listed: folders and files, what is neither counted", async () => {
    const reader = new PathReader({ clock, kept: [] });
    expect(await reader.list({ path: join(folder, "small"), folder, account: "a" }, never)).toEqual({
      entries: [
        { name: "a", kind: "file", size: 9 },
        { name: "empty", kind: "directory", size: null },
      ],
      left: 2,
    });
    await expect(reader.list({ path: join(folder, "small/a"), folder, account: "a" }, never)).rejects.toMatchObject({
      code: "unreadable-path",
    });
    await gone(reader);
  });

  it("is encrypted to its owner, in pieces, with a draft that its key opens, and says how far it is", async () => {
    const reader = new PathReader({ clock, kept: [] });
    const there = upload();
    const { outcome, told } = await pack(folder, reader, there);
    expect(outcome).toEqual({ done: null });
    const draft = await openDraft(there.kept.draft!, key);
    expect(draft.pieces).toEqual(there.pieces.map((piece) => 59 + piece.length));
    expect(draft.pieces.length).toBeGreaterThan(2);
    expect(draft.entries.map(({ name }) => name)).toEqual([
      "shared",
      "large",
      "nothing",
      "small",
      "file",
      "a",
      "empty",
      "link",
    ]);
    const total = 24_000_009;
    expect(told.at(-1)).toEqual({ files: 2, done: total, total, skipped: 1, isRead: true });
    expect(there.kept.cut).toBe(1);
    await gone(reader);
  });

  it("begins again while what was cancelled just now still ends", async () => {
    const reader = new PathReader({ clock, kept: [] });
    const there = upload();
    const { keepUpload, appendPiece } = there.market;
    let busy = 4;
    const meets = <A extends unknown[], T>(act: (...args: A) => Promise<T>) => {
      return async (...args: A): Promise<T> => {
        busy -= 1;
        if (busy % 2 === 1) throw new CairnError("another request writes", { code: "upload-busy", kind: "conflict" });
        return act(...args);
      };
    };
    Object.assign(there.market, { keepUpload: meets(keepUpload), appendPiece: meets(appendPiece) });
    expect((await pack(join(folder, "small"), reader, there)).outcome).toEqual({ done: null });
    expect(busy).toBe(0);
    expect((await openDraft(there.kept.draft!, key)).entries.length).toBe(4);
    await gone(reader);
  });

  it("with more names than are shown is listed from the first on", async () => {
    const many = join(directory, "many");
    mkdirSync(many);
    const names = Array.from({ length: 2345 }, (_, number) => `${(number * 7919) % 2345}`.padStart(4, "0"));
    for (const name of names) writeFileSync(join(many, name), "");
    const reader = new PathReader({ clock, kept: [] });
    const { entries, left } = await reader.list({ path: many, folder: many, account: "a" }, never);
    expect(entries.map(({ name }) => name)).toEqual(names.toSorted().slice(0, 1000));
    expect(left).toBe(1345);
    await gone(reader);
  });

  it("with more in it than a reader may hold is a clear error", async () => {
    const greedy = join(directory, "greedy.mjs");
    writeFileSync(greedy, "const held = []; for (;;) held.push({ name: held.length });");
    const reader = new PathReader({ clock, kept: [], program: greedy, heapMegabytes: { list: 16, pack: 16 } });
    await expect(pack(folder, reader, upload())).rejects.toMatchObject({ code: "folder-too-large", kind: "input" });
    await gone(reader);
  });

  it.each([
    ["a pipe", "small/pipe", "unreadable-path"],
    ["nothing that is there", "absent", "unreadable-path"],
    ["a folder without files, such as a drive that is not mounted", "nothing", "nothing-to-store"],
  ])("is refused where it is %s", async (_, path, code) => {
    const reader = new PathReader({ clock, kept: [] });
    const there = upload();
    await expect(pack(join(folder, path), reader, there)).rejects.toMatchObject({ code });
    expect(there.kept.draft).toBeUndefined();
    await gone(reader);
  });

  it("that changes while it is read ends as it does at a client", async () => {
    const reader = new PathReader({ clock, kept: [] });
    let changed = false;
    const there = upload(async () => {
      if (!changed) appendFileSync(join(folder, "large/file"), "more");
      changed = true;
    });
    await expect(pack(join(folder, "large"), reader, there)).rejects.toMatchObject({ code: "file-changed" });
    expect(there.kept.draft).toBeUndefined();
    await gone(reader);
  });
});

describe("a file system that does not answer", () => {
  // A process that is stopped makes no more calls: to the gateway it is what one is that waits in the kernel for a mount.
  it("is a clear error after its time, its process is ended, and no manifest is there", async () => {
    const reader = new PathReader({ clock, kept: [], stallSeconds: 1 });
    let stopped = false;
    const there = upload(async () => {
      if (!stopped) process.kill(reader.processes[0]!, "SIGSTOP");
      stopped = true;
    });
    await expect(pack(join(folder, "large"), reader, there)).rejects.toMatchObject({
      ...{ code: "path-stalled", kind: "conflict", details: { path: join(folder, "large") } },
      next: expect.stringContaining("mounted"),
    });
    expect(there.kept.draft).toBeUndefined();
    await gone(reader);
    // And again, when it answers.
    const again = upload();
    await pack(join(folder, "small"), new PathReader({ clock, kept: [] }), again);
    expect((await openDraft(again.kept.draft!, key)).entries.length).toBe(4);
  });

  it("is not taken for one whose bytes the gateway itself takes late", async () => {
    let late = false;
    const there = upload(async () => {
      if (!late) await sleep(4000);
      late = true;
    });
    const reader = new PathReader({ clock, kept: [], stallSeconds: 2 });
    expect((await pack(join(folder, "large"), reader, there)).outcome).toEqual({ done: null });
    await gone(reader);
  });

  it("is asked by no more than a few that hang, and again once they are gone", async () => {
    const silent = join(directory, "hanging.mjs");
    writeFileSync(silent, "setInterval(() => undefined, 1000);");
    // Each look at this clock is ten seconds later: who was told to end before is late at once.
    let looks = 0;
    const late = { sleep: clock.sleep, monotonic: () => 10_000 * ++looks };
    const reader = new PathReader({ clock: late, kept: [], program: silent });
    const stop = new AbortController();
    const list = (account: string, signal: AbortSignal) => reader.list({ path: folder, folder, account }, signal);
    const hanging = ["a", "b", "c"].map((account) => list(account, stop.signal));
    const ended = Promise.allSettled(hanging);
    stop.abort();
    await ended;
    expect(reader.processes.length).toBe(3);
    await expect(list("d", never)).rejects.toMatchObject({
      code: "path-stalled",
      message: expect.stringContaining("3"),
    });
    await gone(reader);
    const again = new AbortController();
    const waits = list("d", again.signal);
    expect(reader.processes.length).toBe(1);
    again.abort();
    await expect(waits).rejects.toBeDefined();
    await gone(reader);
  });

  it("is listed by one account twice at once, and by all so often that packing has places", async () => {
    const silent = join(directory, "listing.mjs");
    writeFileSync(silent, "setInterval(() => undefined, 1000);");
    const reader = new PathReader({ clock, kept: [], stallSeconds: 2, program: silent });
    const listed = (account: string) =>
      reader.list({ path: folder, folder, account }, never).catch(({ code }: { code: string }) => code);
    const greedy = Array.from({ length: 16 }, () => listed("greedy"));
    expect(reader.processes.length).toBe(2);
    const others = Array.from({ length: 16 }, (_, number) => listed(`other ${number}`));
    expect(reader.processes.length).toBe(8);
    const packing = pack(join(folder, "small"), reader, upload()).catch(({ code }: { code: string }) => code);
    await expect.poll(() => reader.processes.length).toBe(9);
    expect((await Promise.all(greedy)).filter((code) => code === "busy").length).toBe(14);
    expect((await Promise.all(others)).filter((code) => code === "busy").length).toBe(10);
    expect(await packing).toBe("path-stalled");
    await gone(reader);
  });

  it("keeps nobody waiting for long who lists, and takes no more than so many processes", async () => {
    const silent = join(directory, "silent.mjs");
    writeFileSync(silent, "setInterval(() => undefined, 1000);");
    const reader = new PathReader({ clock, kept: [], stallSeconds: 1, mostReaders: 2, program: silent });
    const asked = Array.from({ length: 3 }, (_, number) =>
      reader
        .list({ path: folder, folder, account: `a${number}` }, never)
        .catch((error: { code: string }) => error.code),
    );
    expect((await Promise.all(asked)).sort()).toEqual(["busy", "path-stalled", "path-stalled"]);
    await gone(reader);
  });
});
