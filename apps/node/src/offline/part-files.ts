import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { carHeader, type PieceSink } from "@cairn/archive";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";

type Root = Parameters<typeof carHeader>[0];

/** Parts of a CAR as files: bytes go behind the header's place, and headers are written when the root is known. */
export class PartFiles implements PieceSink {
  readonly names: string[] = [];
  private readonly name: string;
  private readonly folder: () => Promise<string>;
  private current: { file: FileHandle; at: number } | undefined;

  /** @param name of the files, before their numbers */
  constructor(name: string, folder: () => Promise<string>) {
    this.name = name;
    this.folder = folder;
  }

  async write(_part: number, bytes: Uint8Array): Promise<void> {
    const part = await this.underWay();
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await part.file.write(bytes, done, bytes.length - done, part.at);
      done += bytesWritten;
      part.at += bytesWritten;
    }
  }

  async cut(): Promise<void> {
    const { file } = await this.underWay();
    this.current = undefined;
    await file.close();
  }

  /** Writes the headers; all bytes are on the disk when it resolves. */
  async finish(root: Root): Promise<void> {
    const header = carHeader(root);
    const folder = await this.folder();
    for (const name of this.names) {
      const file = await open(join(folder, name), "r+");
      try {
        await file.write(header, 0, header.length, 0);
        await file.sync();
      } finally {
        await file.close();
      }
    }
  }

  /** After a failure. */
  async close(): Promise<void> {
    await this.current?.file.close();
  }

  private async underWay(): Promise<{ file: FileHandle; at: number }> {
    if (this.current === undefined) {
      const name = `${this.name}-${String(this.names.length + 1).padStart(4, "0")}.car`;
      this.current = { file: await open(join(await this.folder(), name), "wx"), at: CAR_HEADER_BYTES };
      this.names.push(name);
    }
    return this.current;
  }
}
