import { type BigIntStats, type Dir, lstatSync, opendirSync, readFileSync, writeSync } from "node:fs";
import { confined, confinedFolder } from "@cairn/archive/confined";
import { bytesOfName, displayName, nameOfBytes } from "@cairn/archive/names";
import { unreadable, walkFolder } from "@cairn/archive/walk";
import { requireFiles } from "@cairn/owner/node/folder-source";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { FRAMES, frameHeader, MOST_FRAME_BYTES, type Tick } from "./frames.ts";
import { KeptPlaces } from "./kept-places.ts";
import type { ListedFolder, ReadRequest } from "./read-request.ts";
import { realPlace } from "./real-place.ts";

/**
 * Reads folders for the gateway, in a process of its own: a file system that does not answer stops this process and no thread of the gateway, which kills it.
 * It is given a path, a public key and the places that it must leave alone, and nothing else. All calls wait, those that write too, so that silence means that the file system is silent.
 */
const OUT = 3;
const SLASH = Buffer.from("/");
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

function list({ path, folder, kept: own }: ReadRequest): ListedFolder {
  const kept = KeptPlaces.find(own);
  const { place, within } = realPlace(path, folder, kept);
  const below = Buffer.concat([place, Buffer.from(place.equals(SLASH) ? "" : "/")]);
  try {
    const { names, all } = confinedFolder(place, within, firstNames);
    const entries: ListedFolder["entries"] = [];
    for (const bytes of names) {
      tick();
      const inner = Buffer.concat([below, bytes]);
      if (kept.hold(inner)) continue;
      const found = confined(inner, within, (at) => lstatSync(at, { bigint: true }));
      if (found.isDirectory() && kept.are(found)) continue;
      const name = nameOfBytes(bytes);
      if (found.isDirectory()) entries.push({ name, kind: "directory", size: null });
      else if (found.isFile()) entries.push({ name, kind: "file", size: Number(found.size) });
    }
    return { entries, left: all - entries.length };
  } catch (cause) {
    throw cause instanceof CairnError ? cause : unreadable(path, cause);
  }
}

/** The first names, by their bytes, of what can be shown in a folder, and how many it has in all; no more than twice as many are held. */
function firstNames(open: Buffer): { names: Buffer[]; all: number } {
  // Node's types know no names in bytes here; Node does (fs.opendir, `encoding`).
  const folder = opendirSync(open, { encoding: "buffer" as BufferEncoding, bufferSize: 256 }) as Dir;
  let names: Buffer[] = [];
  const first = () => names.sort(Buffer.compare).slice(0, MOST_ENTRIES);
  let all = 0;
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      all += 1;
      tick();
      const name = entry.name as unknown as Buffer;
      const text = nameOfBytes(name);
      if (!(entry.isDirectory() || entry.isFile()) || !text.isWellFormed() || CONTROLS.test(text)) continue;
      names.push(name);
      if (names.length === 2 * MOST_ENTRIES) names = first();
    }
  } finally {
    folder.closeSync();
  }
  return { names: first(), all };
}

async function pack(request: ReadRequest & { kind: "pack" }): Promise<Uint8Array> {
  const { packForOwner, readRecipientKey } = await import("@cairn/archive");
  const kept = KeptPlaces.find(request.kept);
  const { place, within } = realPlace(request.path, request.folder, kept);
  const owner = await readRecipientKey(request.publicKey);
  const below = Buffer.concat([place, Buffer.from(place.equals(SLASH) ? "" : "/")]);
  // Only what was mounted or moved there a moment ago: a place with them in it was refused.
  const exclude = (path: string, isFolder: boolean) => {
    tick();
    const inner = Buffer.concat([below, bytesOfName(path)]);
    return kept.hold(inner) || (isFolder && kept.are(statsOf(inner, within)));
  };
  const walked = await walkFolder(nameOfBytes(place), { within, exclude });
  requireFiles(walked, request);
  const files = walked.entries.filter(({ kind }) => kind === "file");
  count.total = files.reduce((sum, { size }) => sum + size, 0);
  count.skipped = walked.skipped.length + walked.excluded;
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

function statsOf(place: Buffer, within: Buffer): BigIntStats {
  try {
    return confined(place, within, (at) => lstatSync(at, { bigint: true }));
  } catch (cause) {
    throw cause instanceof CairnError ? cause : unreadable(displayName(nameOfBytes(place)), cause);
  }
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
