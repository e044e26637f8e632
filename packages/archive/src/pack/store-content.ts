import { type Encryptor, encryptorOf } from "../keys/recipient.ts";
import { MessageComposer, messageLengths } from "../openpgp/compose-message.ts";
import { FileDag } from "../unixfs/file-dag.ts";
import { type Link, RAW } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import type { PackSettings } from "./messages.ts";
import type { SegmentWriter } from "./segment-writer.ts";
import { SNIFFED_BYTES, sniffType } from "./sniff-type.ts";

/** Plaintext is read and encrypted in steps of this. */
export const READ_BYTES = 1_048_576;

const EMPTY = new Uint8Array(0);

/** What a file holds, of a size that is known before it is read. */
export interface Content {
  size: number;
  /** Fills the target from `at` on, where the fill before ended; false when the content ends before. */
  fill(target: Uint8Array, at: number): boolean | Promise<boolean>;
  /** Whether there is nothing behind `size`. */
  endsThere(): boolean | Promise<boolean>;
}

/** A content that is in the stream. */
export interface StoredContent extends Link {
  /** Its media type, as its first bytes show it. */
  type: string;
}

/** Encrypts, hashes and frames contents, wherever they come from. */
export class ContentPacker {
  private readonly profile: DagProfile;
  private readonly encryptor: Encryptor | undefined;
  private readonly plain = new Uint8Array(READ_BYTES);

  private constructor(profile: DagProfile, encryptor: Encryptor | undefined) {
    this.profile = profile;
    this.encryptor = encryptor;
  }

  static async create({ recipient, profile }: PackSettings): Promise<ContentPacker> {
    return new ContentPacker(profile, recipient && (await encryptorOf(recipient)));
  }

  /** Undefined when the content is shorter than its size. */
  async store(content: Content, writer: SegmentWriter): Promise<StoredContent | undefined> {
    const dag = new FileDag(this.profile);
    const type = this.encryptor
      ? await this.storeEncrypted(this.encryptor, content, { writer, dag })
      : await this.storeAsIs(content, { writer, dag });
    if (type === undefined) return undefined;
    const nodes: { link: Link; block: Uint8Array }[] = [];
    const root = dag.finish((link, block) => nodes.push({ link, block }));
    for (const { link, block } of nodes) {
      (await writer.open(block.length)).set(block);
      writer.close(link.codec);
    }
    return { ...root, type };
  }

  private async storeAsIs(content: Content, out: Output): Promise<string | undefined> {
    let type = sniffType(EMPTY);
    for (let at = 0; at < content.size || at === 0; at += this.profile.chunk) {
      const leaf = await out.writer.open(Math.min(this.profile.chunk, content.size - at));
      if (!(await content.fill(leaf, at))) return undefined;
      if (at === 0) type = sniffType(leaf.subarray(0, SNIFFED_BYTES));
      out.writer.countRead(leaf.length);
      out.dag.add(await out.writer.closeSoon(RAW), leaf.length);
    }
    return type;
  }

  private async storeEncrypted(encryptor: Encryptor, content: Content, out: Output): Promise<string | undefined> {
    const { size } = content;
    let type = sniffType(EMPTY);
    const { session, packet } = await encryptor();
    const { total } = messageLengths(size, packet.length);
    const leaves = new LeafFiller(total, this.profile.chunk, out);
    const pending: Uint8Array[] = [];
    const composer = new MessageComposer(session, packet, size, (bytes) => pending.push(bytes));
    for (let at = 0; at < size; at += READ_BYTES) {
      const plain = this.plain.subarray(0, Math.min(READ_BYTES, size - at));
      if (!(await content.fill(plain, at))) return undefined;
      if (at === 0) type = sniffType(plain.subarray(0, SNIFFED_BYTES));
      out.writer.countRead(plain.length);
      await composer.updateSoon(plain);
      await leaves.write(pending);
    }
    composer.finish();
    await leaves.write(pending);
    return type;
  }
}

interface Output {
  writer: SegmentWriter;
  dag: FileDag;
}

/** Lays a stream of known length into leaves. */
class LeafFiller {
  private left: number;
  private leaf: Uint8Array | undefined;
  private filled = 0;
  private readonly chunk: number;
  private readonly out: Output;

  constructor(total: number, chunk: number, out: Output) {
    this.left = total;
    this.chunk = chunk;
    this.out = out;
  }

  /** Takes all of `pending`, and empties it. */
  async write(pending: Uint8Array[]): Promise<void> {
    for (const bytes of pending) {
      let rest = bytes;
      while (rest.length > 0) {
        this.leaf ??= await this.out.writer.open(Math.min(this.chunk, this.left));
        const part = rest.subarray(0, this.leaf.length - this.filled);
        this.leaf.set(part, this.filled);
        this.filled += part.length;
        rest = rest.subarray(part.length);
        if (this.filled === this.leaf.length) await this.closeLeaf(this.leaf.length);
      }
    }
    pending.length = 0;
  }

  private async closeLeaf(length: number): Promise<void> {
    this.out.dag.add(await this.out.writer.closeSoon(RAW), length);
    this.left -= length;
    this.leaf = undefined;
    this.filled = 0;
  }
}
