import { SEGMENT_BYTES } from "./segment-writer.ts";

/** At most `count` buffers at a time; whoever wants another waits until one comes back. */
export class BufferPool {
  private readonly free: ArrayBuffer[] = [];
  private readonly waiting: ((buffer: ArrayBuffer | undefined) => void)[] = [];
  private unmade: number;

  constructor(count: number) {
    this.unmade = count;
  }

  async take(bytes = SEGMENT_BYTES): Promise<ArrayBuffer> {
    let buffer = this.free.pop();
    if (!buffer && this.unmade > 0) this.unmade--;
    else buffer ??= await new Promise<ArrayBuffer | undefined>((resolve) => this.waiting.push(resolve));
    return buffer && buffer.byteLength >= bytes ? buffer : new ArrayBuffer(Math.max(bytes, SEGMENT_BYTES));
  }

  give(buffer: ArrayBuffer): void {
    const next = this.waiting.shift();
    if (next) next(buffer);
    else this.free.push(buffer);
  }
}
