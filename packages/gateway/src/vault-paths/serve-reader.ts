import { lstatSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { confined, confinedFolder } from "@cairn/archive/confined";
import { nameOfBytes } from "@cairn/archive/names";
import { unreadable, walkFolder } from "@cairn/archive/walk";
import { requireFiles } from "@cairn/owner/node/folder-source";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { FRAMES, frameHeader, MOST_FRAME_BYTES, type Tick } from "./frames.ts";
import type { ListedFolder, ReadRequest } from "./read-request.ts";
import { realPlace } from "./real-place.ts";

/**
 * Reads folders for the gateway, in a process of its own: a file system that does not answer stops this process and no thread of the gateway, which kills it.
 * It is given a path and a public key, and nothing else. All calls wait, those that write too, so that silence means that the file system is silent.
 */
const OUT = 3;
const TICK_MILLISECONDS = 500;
const MOST_ENTRIES = 1000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: names with controls are not shown
const CONTROLS = /[\u0000-\u001f\u007f]/;
const RESULT_BYTES = 1_048_576;

const count: Tick = { files: 0, done: 0, total: 0, skipped: 0, isRead: false };
let told = 0;

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(OUT, bytes, at, bytes.length - at);
}

function send(type: (typeof FRAMES)[keyof typeof FRAMES], ...parts: readonly Uint8Array[]): void {
  write(
    frameHeader(
      type,
      parts.reduce((sum, { length }) => sum + length, 0),
    ),
  );
  for (const part of parts) write(part);
}

function tick(now = false): void {
  const time = Date.now();
  if (!now && time - told < TICK_MILLISECONDS) return;
  told = time;
  send(FRAMES.tick, Buffer.from(JSON.stringify(count)));
}

function list({ path, folder }: ReadRequest): ListedFolder {
  const { place, within } = realPlace(path, folder);
  try {
    const names = confinedFolder(place, within, (open) => readdirSync(open, { encoding: "buffer" }));
    const entries: ListedFolder["entries"] = [];
    for (const bytes of names.sort(Buffer.compare)) {
      if (entries.length === MOST_ENTRIES) break;
      tick();
      const name = nameOfBytes(bytes);
      if (!name.isWellFormed() || CONTROLS.test(name)) continue;
      const found = confined(Buffer.concat([place, Buffer.from("/"), bytes]), within, (at) => lstatSync(at));
      if (found.isDirectory()) entries.push({ name, kind: "directory", size: null });
      else if (found.isFile()) entries.push({ name, kind: "file", size: found.size });
    }
    return { entries, left: names.length - entries.length };
  } catch (cause) {
    throw cause instanceof CairnError ? cause : unreadable(path, cause);
  }
}

async function pack(request: ReadRequest & { kind: "pack" }): Promise<Uint8Array> {
  const { packForOwner, readRecipientKey } = await import("@cairn/archive");
  const { place, within } = realPlace(request.path, request.folder);
  const owner = await readRecipientKey(request.publicKey);
  const exclude = () => {
    tick();
    return false;
  };
  const walked = await walkFolder(nameOfBytes(place), { within, exclude });
  requireFiles(walked, request);
  const files = walked.entries.filter(({ kind }) => kind === "file");
  count.total = files.reduce((sum, { size }) => sum + size, 0);
  count.skipped = walked.skipped.length;
  tick(true);
  const { packageId, layout, pieceLimit } = request;
  const sink = {
    write(piece: number, bytes: Uint8Array) {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(piece);
      for (let at = 0; at < bytes.length; at += MOST_FRAME_BYTES - 4)
        send(FRAMES.piece, number, bytes.subarray(at, at + MOST_FRAME_BYTES - 4));
    },
    cut: () => undefined,
  };
  return packForOwner({
    ...{ owner, walked, within, packageId, layout, pieceLimit, sink },
    onProgress({ files: done, bytes }) {
      [count.files, count.done] = [done, bytes];
      tick();
    },
    onRead() {
      count.isRead = true;
      tick(true);
    },
  });
}

try {
  tick(true);
  const request = JSON.parse(readFileSync(0, "utf8")) as ReadRequest;
  const result = request.kind === "pack" ? await pack(request) : Buffer.from(JSON.stringify(list(request)));
  for (let at = 0; at < result.length; at += RESULT_BYTES) send(FRAMES.result, result.subarray(at, at + RESULT_BYTES));
  send(FRAMES.end);
} catch (error) {
  send(FRAMES.error, Buffer.from(JSON.stringify(asCairnError(error).toJSON())));
}
