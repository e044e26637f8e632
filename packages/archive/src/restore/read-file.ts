import { CairnError } from "@cairn/protocol/errors";
import { concatBytes } from "../bytes.ts";
import type { AccountKey } from "../keys/account-key.ts";
import { holderOf, unwrapperOf } from "../keys/recipient.ts";
import type { FileEntry, Manifest, ManifestEntry } from "../manifest/manifest.ts";
import { messageLengths } from "../openpgp/compose-message.ts";
import { MessageDecryptor, readEnvelope, type Unwrap } from "../openpgp/decrypt-message.ts";
import { planRange } from "../openpgp/decrypt-range.ts";
import { displayName } from "../walk/names.ts";
import { wrongBlocks } from "./errors.ts";
import { fetchBlocks, type GetBlocks, leavesOf } from "./fetch-file.ts";
import { findEntry } from "./find-entry.ts";

export interface ByteRange {
  start: number;
  /** Behind the last byte. */
  end: number;
}

export interface ReadFileOptions {
  manifest: Manifest;
  key: AccountKey;
  /** Below the folder that was put; "" for a package of one file. */
  path: string;
  /** The manifest's entry at `path`, for whoever has it: it is looked for in the whole list otherwise. */
  entry?: ManifestEntry;
  getBlocks: GetBlocks;
  range?: ByteRange;
  /** The bytes as they are stored, for an encrypted file the OpenPGP message itself; `range` then counts those. */
  stored?: boolean;
}

/**
 * Streams one file's plaintext, or a byte range of it. Every block is verified against the signed manifest before it
 * is decrypted; reading the whole file also checks its integrity code, at the end.
 * Throws `path-not-found`, `bad-range`, `corrupt-block`, `corrupt-message`, `wrong-key`.
 */
export async function* readFile(options: ReadFileOptions): AsyncGenerator<Uint8Array> {
  const { manifest, getBlocks } = options;
  const entry = options.entry ?? findEntry(manifest, options.path).entry;
  if (entry.kind !== "file") {
    throw new CairnError(`${displayName(options.path || manifest.name)} is a ${entry.kind}, not a file`, {
      code: "not-a-file",
      kind: "input",
      next: `Name a file: \`cairn show ${manifest.package} --files\` lists them. \`cairn get\` brings back whole folders.`,
    });
  }
  const size = options.stored ? entry.stored : entry.size;
  const range = checked(options.range ?? { start: 0, end: size }, size);
  const leaves = await leavesOf(manifest, entry, getBlocks);
  if (range.start === range.end && size > 0) return;
  const asStored = options.stored || manifest.layout === "unencrypted";
  const unwrap = asStored ? undefined : await unwrapperOf(holderOf(options.key));
  const part = { manifest, entry, leaves, getBlocks, range };
  if (!unwrap) yield* storedBytes(part, range.start, range.end);
  else if (range.start === 0 && range.end === entry.size) yield* wholeMessage(part, unwrap);
  else yield* messageRange(part, unwrap);
}

function checked(range: ByteRange, size: number): ByteRange {
  const { start, end } = range;
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= size)
    return range;
  throw new CairnError(`bytes ${start} to ${end} are not in a file of ${size} bytes`, {
    code: "bad-range",
    kind: "input",
    next: `Ask for a range within 0 to ${size}.`,
    details: { start, end, size },
  });
}

interface Part {
  manifest: Manifest;
  entry: FileEntry;
  leaves: Awaited<ReturnType<typeof leavesOf>>;
  getBlocks: GetBlocks;
  range: ByteRange;
}

/** Bytes [from, to) of what is stored. */
async function* storedBytes(
  { manifest, entry, leaves, getBlocks }: Part,
  from: number,
  to: number,
  leavesAtATime?: number,
): AsyncGenerator<Uint8Array> {
  const { chunk } = manifest.profile;
  const first = Math.floor(from / chunk);
  let at = first * chunk;
  const asked = leaves.slice(first, Math.max(first + 1, Math.ceil(to / chunk)));
  for await (const leaf of fetchBlocks(getBlocks, asked, leavesAtATime)) {
    if (leaf.length !== Math.min(chunk, entry.stored - at)) throw wrongBlocks("a leaf has another length");
    const part = leaf.subarray(Math.max(0, from - at), Math.max(0, to - at));
    if (part.length > 0) yield part;
    at += leaf.length;
  }
}

async function* wholeMessage(part: Part, unwrap: Unwrap): AsyncGenerator<Uint8Array> {
  const out: Uint8Array[] = [];
  let size = 0;
  const decryptor = new MessageDecryptor(unwrap, (bytes) => out.push(bytes));
  for await (const bytes of storedBytes(part, 0, part.entry.stored)) {
    await decryptor.push(bytes);
    for (const plain of out.splice(0)) {
      size += plain.length;
      yield plain;
    }
  }
  decryptor.finish();
  if (size !== part.entry.size) throw wrongBlocks("a file's size is another");
}

async function* messageRange(part: Part, unwrap: Unwrap): AsyncGenerator<Uint8Array> {
  const { entry, range } = part;
  let head = new Uint8Array(0);
  let envelope: ReturnType<typeof readEnvelope>;
  // The session key's packets lie in the first leaf but for a message of very many recipients.
  for await (const bytes of storedBytes(part, 0, entry.stored, 1)) {
    head = concatBytes([head, bytes]);
    envelope = readEnvelope(head);
    if (envelope) break;
  }
  if (!envelope || messageLengths(entry.size, envelope.length).total !== entry.stored) {
    throw new CairnError("this file cannot be read in part: it was not encrypted by this program", {
      code: "unsupported-message",
      kind: "input",
      next: "Read the whole file.",
    });
  }
  const out: Uint8Array[] = [];
  const plan = planRange(entry.size, envelope.length, range.start, range.end);
  const decryptor = plan.decryptor(await unwrap(envelope.sessionKeyPackets), (bytes) => out.push(bytes));
  for await (const bytes of storedBytes(part, plan.from, plan.to)) {
    decryptor.push(bytes);
    yield* out.splice(0);
  }
}
