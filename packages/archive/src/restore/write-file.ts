import { closeSync, fchmodSync, openSync, writeSync } from "node:fs";
import type { Unwrap } from "../openpgp/decrypt-message.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import { atPath } from "../walk/at-path.ts";
import { displayName, nameOfBytes } from "../walk/names.ts";
import { writeFailed } from "./errors.ts";
import { FileBlocks } from "./file-blocks.ts";
import type { RestoreTask } from "./messages.ts";

/** One file being restored to the disk; it is complete when `finish` returns, and is not to be kept otherwise. */
export class FileWriter {
  private readonly task: RestoreTask;
  private readonly blocks: FileBlocks;
  private readonly fd: number;

  /** @param unwrap undefined: contents are stored as they are */
  constructor(task: RestoreTask, profile: DagProfile, unwrap: Unwrap | undefined) {
    this.task = task;
    this.blocks = new FileBlocks(
      task,
      profile,
      unwrap,
      (bytes) => this.write(bytes),
      () => this.shown(),
    );
    this.fd = this.system(() => atPath(task.path, (place) => openSync(place, "wx", 0o600)));
  }

  /**
   * Take the next block, given its CID's 36 bytes; returns how many plaintext bytes were written for it.
   * Throws what `FileBlocks.block` throws, and `no-space`.
   */
  block(cid: Uint8Array, bytes: Uint8Array): Promise<number> {
    return this.blocks.block(cid, bytes);
  }

  /** As that of `FileBlocks`. */
  skipNodes(): void {
    this.blocks.skipNodes();
  }

  /** Checks the whole, sets the mode, closes. */
  finish(): void {
    this.blocks.finish();
    this.system(() => fchmodSync(this.fd, this.task.mode));
    this.close();
  }

  close(): void {
    closeSync(this.fd);
  }

  private write(bytes: Uint8Array): void {
    this.system(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at, bytes.length - at);
    });
  }

  private system<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      throw writeFailed(this.shown(), cause);
    }
  }

  private shown(): string {
    return displayName(nameOfBytes(this.task.path));
  }
}
