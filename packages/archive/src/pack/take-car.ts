import { CairnError } from "@cairn/protocol/errors";
import { MAX_PIECE_BYTES } from "@cairn/protocol/words";
import type { CID } from "multiformats/cid";
import { concatBytes, equalBytes } from "../bytes.ts";
import { varintBytes, writeVarint } from "../car/format.ts";
import { PieceCutter } from "../car/piece-cutter.ts";
import { scanCar } from "../car/scan-car.ts";
import { assertUsable } from "../keys/account-key.ts";
import { encryptManifest } from "../manifest/encrypt-manifest.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { CID_BYTES } from "../unixfs/links.ts";
import { UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import { checkIdentity, type PackageOptions, type Packed } from "./finish-package.ts";

const SHA2_256 = 0x12;
const BATCH_BYTES = 4_194_304;

export interface TakeCarOptions extends PackageOptions {
  /** CARv1 or CARv2 with exactly one root, which is among its blocks. */
  car: AsyncIterable<Uint8Array>;
  /** Bytes of the CAR taken so far. */
  onProgress?: (bytes: number) => void;
}

/**
 * Makes a package of a DAG as it is: every block is verified, kept under its own CID in its own order, and cut into pieces.
 * Throws `bad-car-root`, `corrupt-car`, `corrupt-block`, `unsupported-hash`, `piece-limit`.
 */
export async function takeCar(options: TakeCarOptions): Promise<Packed> {
  checkIdentity(options);
  await assertUsable(options.key);
  const scan = await scanCar(options.car);
  const root = rootOf(scan.roots);
  const cutter = new PieceCutter(options.sink, options.pieceLimit ?? MAX_PIECE_BYTES);
  let sawRoot = false;
  let bytes = 0;
  let batch: Uint8Array[] = [];
  let held = 0;
  const flush = async (): Promise<void> => {
    await cutter.frames(
      concatBytes(batch),
      batch.map((frame) => frame.length),
    );
    batch = [];
    held = 0;
    options.onProgress?.(bytes);
  };
  for await (const block of scan.blocks) {
    options.signal?.throwIfAborted();
    sawRoot ||= sameHash(block.cid, root);
    const frame = frameOf(block.cid, block.bytes);
    batch.push(frame);
    held += frame.length;
    bytes += block.bytes.length;
    if (held >= BATCH_BYTES) await flush();
  }
  if (!sawRoot) throw badRoot("its root block is not in it");
  await flush();
  await cutter.finish();
  const opened: Manifest = {
    version: 1,
    package: options.packageId,
    name: options.name,
    created: options.created,
    layout: "car",
    root,
    profile: UNIXFS_V1_2025,
    repairKey: options.repairKey,
    pieces: cutter.lengths,
    entries: [],
  };
  const pieces = cutter.lengths.map((length) => ({ length }));
  return {
    root,
    pieces,
    manifest: await encryptManifest(opened, options.key),
    opened,
    files: 1,
    bytes,
    skipped: [],
    excluded: 0,
  };
}

/** The root as a 36-byte CID: version 0 becomes version 1, which names the same block. */
function rootOf(roots: CID[]): CID {
  const [root] = roots;
  if (!root || roots.length !== 1) throw badRoot(`it has ${roots.length} roots`);
  const v1 = root.toV1();
  if (v1.multihash.code !== SHA2_256 || v1.bytes.length !== CID_BYTES)
    throw badRoot("its root is not a sha2-256 CID with a one-byte codec");
  return v1;
}

function sameHash(a: CID, b: CID): boolean {
  return equalBytes(a.multihash.bytes, b.multihash.bytes);
}

function frameOf(cid: CID, bytes: Uint8Array): Uint8Array {
  const length = cid.bytes.length + bytes.length;
  const frame = new Uint8Array(varintBytes(length) + length);
  const at = writeVarint(frame, 0, length);
  frame.set(cid.bytes, at);
  frame.set(bytes, at + cid.bytes.length);
  return frame;
}

function badRoot(what: string): CairnError {
  return new CairnError(`the CAR cannot be taken in: ${what}`, {
    code: "bad-car-root",
    kind: "input",
    next: "Export one complete DAG with one root, for instance with ipfs dag export.",
  });
}
