import { varintBytes, writeVarint } from "../car/format.ts";

const TYPE_FILE = [0x08, 0x02];
const FILE_SIZE = 0x18;
const BLOCK_SIZES = 0x20;

/**
 * UnixFS `Data` of a file's inner node: type File, the sum of the children's sizes, the size of each (unixfs.proto). Written here because
 * ipfs-unixfs 13.1.1 writes uninitialised memory for sizes from 2 to 4 GiB.
 */
export function fileData(sizes: readonly number[]): Uint8Array {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const length = sizes.reduce((sum, size) => sum + 1 + varintBytes(size), TYPE_FILE.length + 1 + varintBytes(total));
  const data = new Uint8Array(length);
  data.set(TYPE_FILE);
  let at = TYPE_FILE.length;
  data[at++] = FILE_SIZE;
  at = writeVarint(data, at, total);
  for (const size of sizes) {
    data[at++] = BLOCK_SIZES;
    at = writeVarint(data, at, size);
  }
  return data;
}
