import { unwrapperOf } from "../keys/recipient.ts";
import type { Unwrap } from "../openpgp/decrypt-message.ts";
import { blockCount } from "../unixfs/file-dag.ts";
import { CID_BYTES } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import { wrongBlocks } from "./errors.ts";
import type { Delivery, RestoreSettings, RestoreTask } from "./messages.ts";
import { FileWriter } from "./write-file.ts";

/** Writes the files of one job after the other from the blocks that are delivered. Runs in a worker or the caller's thread. */
export class FileRestorer {
  private readonly profile: DagProfile;
  private readonly unwrap: Unwrap | undefined;
  private tasks: RestoreTask[] = [];
  private current: { writer: FileWriter; left: number } | undefined;

  private constructor(profile: DagProfile, unwrap: Unwrap | undefined) {
    this.profile = profile;
    this.unwrap = unwrap;
  }

  static async create(settings: RestoreSettings): Promise<FileRestorer> {
    return new FileRestorer(settings.profile, settings.holder && (await unwrapperOf(settings.holder)));
  }

  /** True when the job before is complete. */
  get idle(): boolean {
    return this.tasks.length === 0 && this.current === undefined;
  }

  /** Begins a job; the one before must be complete. */
  begin(files: RestoreTask[]): void {
    if (!this.idle) throw wrongBlocks("a file ended too early");
    this.tasks = files.slice().reverse();
  }

  /** Takes the next blocks of the job; returns the plaintext bytes written, and the files completed. */
  async take(delivery: Delivery): Promise<{ bytes: number; files: number }> {
    const done = { bytes: 0, files: 0 };
    let start = 0;
    for (const end of delivery.ends) {
      const { bytes, whole } = await this.block(new Uint8Array(delivery.buffer, start, end - start));
      done.bytes += bytes;
      if (whole) done.files++;
      start = end;
    }
    return done;
  }

  /** Closes what is open. */
  abandon(): void {
    this.current?.writer.close();
    this.current = undefined;
    this.tasks = [];
  }

  private async block(bytes: Uint8Array): Promise<{ bytes: number; whole: boolean }> {
    const task = this.tasks.at(-1);
    if (!task) throw wrongBlocks("there are more blocks than files");
    this.current ??= {
      writer: new FileWriter(task, this.profile, this.unwrap),
      left: blockCount(task.stored, this.profile),
    };
    const { writer } = this.current;
    const written = await writer.block(bytes.subarray(0, CID_BYTES), bytes.subarray(CID_BYTES));
    this.current.left--;
    if (this.current.left > 0) return { bytes: written, whole: false };
    writer.finish();
    this.current = undefined;
    this.tasks.pop();
    return { bytes: written, whole: true };
  }
}
