import { frameBytes, frameHeaderBytes, writeFrameHeader } from "../car/format.ts";
import { sha256, sha256Soon } from "../unixfs/links.ts";
import type { FileDone, Segment } from "./messages.ts";

/** Room for four 1 MiB leaves with their frame headers. */
export const SEGMENT_BYTES = 4 * 1_048_576 + 4096;

export interface SegmentPort {
  /** A free buffer of at least `bytes`. */
  take(bytes: number): Promise<ArrayBuffer>;
  send(segment: Segment): void;
}

/** A place to come back to when a file has to be read again. */
export interface Mark {
  segments: number;
  length: number;
  frames: number;
  read: number;
}

/** Collects CAR frames in buffers and sends each that is full. */
export class SegmentWriter {
  private readonly port: SegmentPort;
  private readonly job: number;
  private bytes: Uint8Array = new Uint8Array(0);
  private length = 0;
  private frames: number[] = [];
  private done: FileDone[] = [];
  private read = 0;
  private sent = 0;
  private block: { start: number; length: number } | undefined;

  constructor(port: SegmentPort, job: number) {
    this.port = port;
    this.job = job;
  }

  /** Space for a block of `length` bytes, to be filled before `close`. */
  async open(length: number): Promise<Uint8Array> {
    const needed = frameBytes(length);
    if (this.bytes.length > 0 && this.length + needed > this.bytes.length) this.send(false);
    if (this.bytes.length === 0) this.bytes = new Uint8Array(await this.port.take(Math.max(needed, SEGMENT_BYTES)));
    this.block = { start: this.length + frameHeaderBytes(length), length };
    return this.bytes.subarray(this.block.start, this.block.start + length);
  }

  /** Hashes the open block and writes its frame header; returns the digest. */
  close(codec: number): Uint8Array {
    return this.closeAs(codec, sha256(this.blockBytes()));
  }

  /** As `close`, by the platform's own hash where that is faster. */
  async closeSoon(codec: number): Promise<Uint8Array> {
    return this.closeAs(codec, await sha256Soon(this.blockBytes()));
  }

  private blockBytes(): Uint8Array {
    const { start, length } = this.block ?? { start: 0, length: 0 };
    return this.bytes.subarray(start, start + length);
  }

  private closeAs(codec: number, digest: Uint8Array): Uint8Array {
    const { start, length } = this.block ?? { start: 0, length: 0 };
    const end = start + length;
    writeFrameHeader(this.bytes, this.length, { codec, digest, length });
    this.frames.push(end - this.length);
    this.length = end;
    this.block = undefined;
    return digest;
  }

  countRead(bytes: number): void {
    this.read += bytes;
  }

  fileDone(file: FileDone): void {
    this.done.push(file);
  }

  mark(): Mark {
    return { segments: this.sent, length: this.length, frames: this.frames.length, read: this.read };
  }

  /** Forgets all since the mark; false when part of it is already sent. */
  backTo(mark: Mark): boolean {
    if (mark.segments !== this.sent) return false;
    this.length = mark.length;
    this.frames.length = mark.frames;
    this.read = mark.read;
    this.block = undefined;
    return true;
  }

  /** Sends what is left as the job's last segment. */
  finish(): void {
    this.send(true);
  }

  private send(last: boolean): void {
    const { job, length, frames, done, read } = this;
    this.port.send({ job, buffer: this.bytes.buffer as ArrayBuffer, length, frames, done, read, last });
    this.bytes = new Uint8Array(0);
    this.length = 0;
    this.frames = [];
    this.done = [];
    this.read = 0;
    this.sent++;
  }
}
