import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readIdentity } from "./identity.ts";
import type { NodeApi } from "./node-api.ts";
import { bitcoinKey } from "./sign-message.ts";

/** Private key 1, whose addresses are in every textbook. */
const ONE = `${"0".repeat(63)}1`;
const WIF_COMPRESSED = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
const WIF = "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf";
const COMPRESSED = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
const UNCOMPRESSED = "1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-farmer-"));
  file = join(directory, "file");
});
afterEach(() => rm(directory, { recursive: true }));

const node = (message: string | undefined) =>
  ({ url: "http://node", registrationMessage: () => Promise.resolve(message) }) as unknown as NodeApi;

describe("bitcoinKey", () => {
  it("knows the address of a key in every form", () => {
    expect(bitcoinKey(ONE).address).toBe(COMPRESSED);
    expect(bitcoinKey(WIF_COMPRESSED).address).toBe(COMPRESSED);
    expect(bitcoinKey(`${WIF}\n`).address).toBe(UNCOMPRESSED);
  });

  it("signs 88 characters, deterministically", () => {
    const signature = bitcoinKey(WIF).sign("a message");
    expect(signature).toHaveLength(88);
    expect(bitcoinKey(WIF).sign("a message")).toBe(signature);
    expect(Buffer.from(signature, "base64")[0]! - 27).toBeLessThan(4);
    expect(Buffer.from(bitcoinKey(ONE).sign("x".repeat(70_000)), "base64")[0]! - 27).toBeGreaterThanOrEqual(4);
  });

  it("refuses what is no key, without repeating it", () => {
    for (const text of ["", "secret", "0".repeat(64), WIF.slice(0, -1), "f".repeat(64), COMPRESSED]) {
      expect(() => bitcoinKey(text)).toThrow(expect.objectContaining({ code: "bad-key" }));
    }
    expect(() => bitcoinKey("secret")).not.toThrow(/secret/);
  });
});

describe("readIdentity", () => {
  it("signs the node's own message where it has one, and else one that names node and address", async () => {
    await writeFile(file, `${WIF}\n`);
    const identity = await readIdentity({ key: file });
    expect(identity?.address).toBe(UNCOMPRESSED);
    const offered = `Register ${UNCOMPRESSED} with nonce 1`;
    expect(await identity?.sign?.(node(offered))).toEqual({
      message: offered,
      signature: bitcoinKey(WIF).sign(offered),
    });
    expect((await identity?.sign?.(node(undefined)))?.message).toContain("http://node");
    expect((await identity?.sign?.(node("Pay everything to the node")))?.message).toContain(UNCOMPRESSED);
  });

  it("reads the original's identities: the first, or the one that is named", async () => {
    await writeFile(
      file,
      JSON.stringify({
        [COMPRESSED]: { message: "m", signature: "s" },
        [UNCOMPRESSED]: { message: "n", signature: "t" },
      }),
    );
    const first = await readIdentity({ identities: file });
    expect([first?.address, await first?.sign?.(node("ignored"))]).toEqual([
      COMPRESSED,
      { message: "m", signature: "s" },
    ]);
    expect((await readIdentity({ identities: file, address: UNCOMPRESSED }))?.address).toBe(UNCOMPRESSED);
    await expect(readIdentity({ identities: file, address: "1other" })).rejects.toMatchObject({
      code: "bad-identities",
    });
  });

  it("says what is wrong with a file", async () => {
    await expect(readIdentity({ identities: join(directory, "none") })).rejects.toMatchObject({
      code: "unreadable-path",
    });
    for (const content of [
      "",
      "[]",
      "{}",
      "null",
      '{"1a":{}}',
      '{"1a":null}',
      '{"1a":{"message":1,"signature":"s"}}',
    ]) {
      await writeFile(file, content);
      await expect(readIdentity({ identities: file })).rejects.toMatchObject({ code: "bad-identities" });
    }
    await writeFile(file, WIF);
    await expect(readIdentity({ key: file, address: COMPRESSED })).rejects.toMatchObject({ code: "bad-input" });
    await expect(readIdentity({ address: "a/b" })).rejects.toMatchObject({ code: "bad-input" });
    expect(await readIdentity({})).toBeUndefined();
  });
});
