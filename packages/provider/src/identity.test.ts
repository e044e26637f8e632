import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openIdentity } from "./identity.ts";
import { rememberedChain } from "./inspect-provider.ts";

describe("a provider's directory", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "cairn-identity-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("keeps its keys, and names the file by which they are damaged", async () => {
    const { provider } = await openIdentity(directory);
    expect((await openIdentity(directory)).provider).toBe(provider);
    for (const name of ["passphrase", "cold.json", "hot.json"]) {
      const path = join(directory, "keys", name);
      const whole = await readFile(path);
      for (const content of ["", whole.subarray(0, whole.length / 2), "null", "\0\0\0"]) {
        await writeFile(path, content);
        await expect(openIdentity(directory)).rejects.toMatchObject({
          code: "provider-keys-damaged",
          message: expect.stringContaining(name),
          next: expect.any(String),
        });
      }
      await writeFile(path, whole);
    }
    expect((await openIdentity(directory)).provider).toBe(provider);
  });

  it("forgets a network that it cannot read, as its gateways know it", async () => {
    for (const content of ["", "{", "null", "{}", "[]"]) {
      await writeFile(join(directory, "network.json"), content);
      expect(await rememberedChain(directory)).toBeUndefined();
    }
  });
});
