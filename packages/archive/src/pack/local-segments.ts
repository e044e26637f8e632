import { BufferPool } from "./buffer-pool.ts";
import type { Segment } from "./messages.ts";
import type { SegmentPort } from "./segment-writer.ts";

/** Two buffers in the caller's thread: one is consumed before the next is filled. */
const BUFFERS = 2;

/** Hands segments to `consume` in the thread that makes them. */
export class LocalSegments implements SegmentPort {
  private readonly segments: Segment[] = [];
  private readonly pool = new BufferPool(BUFFERS);
  private readonly consume: (segment: Segment) => Promise<void>;

  constructor(consume: (segment: Segment) => Promise<void>) {
    this.consume = consume;
  }

  async take(bytes: number): Promise<ArrayBuffer> {
    await this.drain();
    return this.pool.take(bytes);
  }

  send(segment: Segment): void {
    this.segments.push(segment);
  }

  /** Waits until all that was sent is consumed. */
  async drain(): Promise<void> {
    for (let segment = this.segments.shift(); segment; segment = this.segments.shift()) {
      await this.consume(segment);
      this.pool.give(segment.buffer);
    }
  }
}
