import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openContractStore } from "./contract-store.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-farmer-"));
});
afterEach(() => rm(directory, { recursive: true }));

const record = (hash: string | number) => ({ hash, size: 10, seed: "s", interval: 60 });

describe("openContractStore", () => {
  it("gives back what was added, in another process too", async () => {
    const store = await openContractStore(directory);
    const added = [await store.add(record(1), { a: 1 }), await store.add(record("1"), "text")];
    expect(new Set(added.map(({ name }) => name)).size).toBe(2);
    added[0]!.record = { ...added[0]!.record, sha256: "00" };
    await store.update(added[0]!);
    const again = await openContractStore(directory);
    const loaded = await again.load();
    expect(loaded.map(({ record }) => record)).toEqual(expect.arrayContaining(added.map(({ record }) => record)));
    expect(await Promise.all(added.map(({ name }) => again.readTag(name)))).toEqual([{ a: 1 }, "text"]);
  });

  it("makes no path of what a node calls a contract", async () => {
    const store = await openContractStore(directory);
    const { name } = await store.add(record("../../../etc/passwd"), "");
    expect(name).toMatch(/^[0-9a-f]{40}$/);
  });

  it("clears away what a crash left and leaves foreign files alone", async () => {
    const store = await openContractStore(directory);
    const kept = await store.add(record("kept"), "tag");
    const damaged = await store.add(record("damaged"), "tag");
    const tagless = await store.add(record("tagless"), "tag");
    await writeFile(store.chunkPath(kept.name), "chunk");
    await writeFile(`${store.chunkPath(kept.name)}.part`, "part");
    await writeFile(store.chunkPath(damaged.name), "chunk");
    await writeFile(join(directory, "contracts", `${damaged.name}.json`), '{"hash":');
    await rm(join(directory, "contracts", `${tagless.name}.tag`));
    await writeFile(join(directory, "contracts", `${"0".repeat(40)}.tag`), "tag");
    await writeFile(join(directory, "contracts", `${kept.name}.json.0123456789ab.draft`), "");
    await writeFile(join(directory, "chunks", "notes.txt"), "mine");
    expect(await (await openContractStore(directory)).load()).toEqual([kept]);
    expect((await readdir(join(directory, "contracts"))).sort()).toEqual([`${kept.name}.json`, `${kept.name}.tag`]);
    expect((await readdir(join(directory, "chunks"))).sort()).toEqual([kept.name, "notes.txt"].sort());
  });

  it("removes all of a contract, twice if asked", async () => {
    const store = await openContractStore(directory);
    const { name } = await store.add(record("a"), "tag");
    await writeFile(store.chunkPath(name), "chunk");
    await store.remove(name);
    await store.remove(name);
    expect(await readdir(join(directory, "contracts"))).toEqual([]);
    expect(await readdir(join(directory, "chunks"))).toEqual([]);
  });
});
