import { open } from "node:fs/promises";

/** Damage a file as a disk may: one byte reads otherwise, nothing else is changed. */
export async function flipByte(file: string, at: number): Promise<void> {
  const handle = await open(file, "r+");
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0xff;
  await handle.write(byte, 0, 1, at);
  await handle.close();
}
