import { memoryBlobStore } from "@cairn/blobs";
import type { Hex } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { openLeafFile } from "./open-leaf-file.ts";

describe("openLeafFile", () => {
  it("gives what was kept under the hash, whole", async () => {
    const leafFiles = memoryBlobStore();
    const hash: Hex = `0x${"ab".repeat(32)}`;
    const text = Buffer.from('{"format":"cairn-verdict-leaves-1"}\n{}');
    await leafFiles.putIfAbsent(
      `leaves/${hash.slice(2)}`,
      (async function* () {
        yield text;
      })(),
    );
    const { size, bytes } = await openLeafFile({ leafFiles }, hash);
    const parts: Uint8Array[] = [];
    for await (const part of bytes) parts.push(part);
    expect(size).toBe(text.length);
    expect(Buffer.concat(parts).equals(text)).toBe(true);
  });

  it("says that it has none", async () => {
    const asked = openLeafFile({ leafFiles: memoryBlobStore() }, `0x${"cd".repeat(32)}`);
    await expect(asked).rejects.toMatchObject({ code: "unknown-leaf-file", kind: "missing" });
  });
});
