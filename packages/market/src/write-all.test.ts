import { expect, it } from "vitest";
import { writeAll } from "./write-all.ts";

it("writes on where a file took only some of the bytes", async () => {
  const written = new Uint8Array(12);
  const file = {
    async write(bytes: Uint8Array, offset: number, length: number, position: number) {
      const taken = Math.min(length, 3);
      written.set(bytes.subarray(offset, offset + taken), position);
      return { bytesWritten: taken };
    },
  };
  await writeAll(file, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), 2);
  expect([...written]).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0]);
});
