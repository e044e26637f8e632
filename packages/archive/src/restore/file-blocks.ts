import { equalBytes } from "../bytes.ts";
import type { FileEntry } from "../manifest/manifest.ts";
import { MessageDecryptor, type Unwrap } from "../openpgp/decrypt-message.ts";
import { FileDag, leafCount, rootCodec } from "../unixfs/file-dag.ts";
import { type Link, RAW, sha256Soon } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import { wrongBlocks } from "./errors.ts";

/** What the manifest says of a file's content. */
export type FileContent = Pick<FileEntry, "size" | "stored" | "digest">;

/**
 * The content of one file from its blocks in CAR order: leaves, then inner nodes. Every block is checked; what was emitted is the file's
 * when `finish` has returned, and is not to be used otherwise.
 */
export class FileBlocks {
  private readonly content: FileContent;
  private readonly profile: DagProfile;
  private readonly decryptor: MessageDecryptor | undefined;
  private readonly dag: FileDag;
  private readonly emit: (plain: Uint8Array) => void;
  private readonly shown: () => string;
  private leaves: number;
  private stored = 0;
  private emitted = 0;
  private nodes: Link[] | undefined;
  private root: Link | undefined;

  /**
   * @param unwrap undefined: contents are stored as they are
   * @param shown the file's name, for errors
   */
  constructor(
    content: FileContent,
    profile: DagProfile,
    unwrap: Unwrap | undefined,
    emit: (plain: Uint8Array) => void,
    shown: () => string,
  ) {
    this.content = content;
    this.profile = profile;
    this.emit = emit;
    this.shown = shown;
    this.dag = new FileDag(profile);
    this.leaves = leafCount(content.stored, profile);
    this.decryptor = unwrap && new MessageDecryptor(unwrap, (bytes) => this.plaintext(bytes));
  }

  /**
   * Take the next block, given its CID's 36 bytes; returns how many plaintext bytes were emitted for it.
   * Throws `corrupt-block`, `corrupt-message`, `wrong-key`, and what `emit` throws.
   */
  async block(cid: Uint8Array, bytes: Uint8Array): Promise<number> {
    const before = this.emitted;
    const digest = await sha256Soon(bytes);
    const codec = cid[1];
    if (cid[0] !== 1 || cid[2] !== 0x12 || cid[3] !== 32 || !equalBytes(digest, cid.subarray(4)))
      throw this.wrong("a block does not match its CID");
    if (this.leaves > 0) {
      await this.leaf(codec, digest, bytes);
      return this.emitted - before;
    }
    const expected = this.nodes?.shift();
    if (!expected || codec !== expected.codec || !equalBytes(digest, expected.digest))
      throw this.wrong("an inner node is another");
    return 0;
  }

  /** The inner nodes were fetched before the leaves; their digests follow from the leaves' own. */
  skipNodes(): void {
    this.nodes = [];
  }

  /** Checks the whole. Throws `corrupt-block`, `corrupt-message`. */
  finish(): void {
    const { root, content } = this;
    if (!root || this.nodes?.length !== 0) throw this.wrong("blocks are missing");
    if (root.codec !== rootCodec(content.stored, this.profile) || !equalBytes(root.digest, content.digest)) {
      throw this.wrong("it is another file");
    }
    this.decryptor?.finish();
    if (this.emitted !== content.size) throw this.wrong("its size is another");
  }

  private async leaf(codec: number | undefined, digest: Uint8Array, bytes: Uint8Array): Promise<void> {
    const length = Math.min(this.profile.chunk, this.content.stored - this.stored);
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
    else this.plaintext(bytes);
  }

  private plaintext(bytes: Uint8Array): void {
    this.emit(bytes);
    this.emitted += bytes.length;
  }

  private wrong(what: string): Error {
    return wrongBlocks(`${this.shown()}: ${what}`);
  }
}
