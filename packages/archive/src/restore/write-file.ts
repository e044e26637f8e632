import { closeSync, fchmodSync, openSync, writeSync } from "node:fs";
import { MessageDecryptor, type Unwrap } from "../openpgp/decrypt-message.ts";
import { FileDag, leafCount, rootCodec } from "../unixfs/file-dag.ts";
import { type Link, RAW, sha256 } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import { atPath } from "../walk/at-path.ts";
import { displayName, nameOfBytes } from "../walk/names.ts";
import { writeFailed, wrongBlocks } from "./errors.ts";
import type { RestoreTask } from "./messages.ts";

/**
 * One file being restored from its blocks in CAR order: leaves, then inner nodes. Every block is checked; the file is
 * complete when `finish` returns, and is not to be kept otherwise.
 */
export class FileWriter {
  private readonly task: RestoreTask;
  private readonly profile: DagProfile;
  private readonly decryptor: MessageDecryptor | undefined;
  private readonly dag: FileDag;
  private readonly fd: number;
  private leaves: number;
  private stored = 0;
  private written = 0;
  private nodes: Link[] | undefined;
  private root: Link | undefined;

  /** @param unwrap undefined: contents are stored as they are */
  constructor(task: RestoreTask, profile: DagProfile, unwrap: Unwrap | undefined) {
    this.task = task;
    this.profile = profile;
    this.dag = new FileDag(profile);
    this.leaves = leafCount(task.stored, profile);
    this.decryptor = unwrap && new MessageDecryptor(unwrap, (bytes) => this.write(bytes));
    this.fd = this.system(() => atPath(task.path, (place) => openSync(place, "wx", 0o600)));
  }

  /**
   * Take the next block, given its CID's 36 bytes; returns how many plaintext bytes were written for it.
   * Throws `corrupt-block`, `corrupt-message`, `wrong-key`, `no-space`.
   */
  async block(cid: Uint8Array, bytes: Uint8Array): Promise<number> {
    const before = this.written;
    const digest = sha256(bytes);
    const codec = cid[1];
    if (cid[0] !== 1 || cid[2] !== 0x12 || cid[3] !== 32 || !digest.equals(cid.subarray(4)))
      throw this.wrong("a block does not match its CID");
    if (this.leaves > 0) {
      await this.leaf(codec, digest, bytes);
      return this.written - before;
    }
    const expected = this.nodes?.shift();
    if (!expected || codec !== expected.codec || !digest.equals(expected.digest))
      throw this.wrong("an inner node is another");
    return 0;
  }

  /** The inner nodes were fetched before the leaves; their digests follow from the leaves' own. */
  skipNodes(): void {
    this.nodes = [];
  }

  /** Checks the whole, sets the mode, closes. */
  finish(): void {
    const { root, task } = this;
    if (!root || this.nodes?.length !== 0) throw this.wrong("blocks are missing");
    if (root.codec !== rootCodec(task.stored, this.profile) || !Buffer.from(root.digest).equals(task.digest)) {
      throw this.wrong("it is another file");
    }
    this.decryptor?.finish();
    if (this.written !== task.size) throw this.wrong("its size is another");
    this.system(() => fchmodSync(this.fd, task.mode));
    this.close();
  }

  close(): void {
    closeSync(this.fd);
  }

  private async leaf(codec: number | undefined, digest: Uint8Array, bytes: Uint8Array): Promise<void> {
    const length = Math.min(this.profile.chunk, this.task.stored - this.stored);
    if (codec !== RAW || bytes.length !== length) throw this.wrong("a leaf has another length");
    this.stored += length;
    this.dag.add(digest, length);
    this.leaves--;
    if (this.leaves === 0) {
      const nodes: Link[] = [];
      this.root = this.dag.finish((link) => nodes.push(link));
      this.nodes = nodes;
    }
    if (this.decryptor) await this.decryptor.push(bytes);
    else this.write(bytes);
  }

  private write(bytes: Uint8Array): void {
    this.system(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at, bytes.length - at);
    });
    this.written += bytes.length;
  }

  private system<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      throw writeFailed(displayName(nameOfBytes(this.task.path)), cause);
    }
  }

  private wrong(what: string): Error {
    return wrongBlocks(`${displayName(nameOfBytes(this.task.path))}: ${what}`);
  }
}
