import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DealId, Quote } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sweepOrphans } from "../chain/drop-deals.ts";
import { openDealBook } from "../deals/deal-book.ts";
import { silentLog } from "../log.ts";
import { openShardStore } from "./shard-store.ts";

const id = (n: number): DealId => `0x${n.toString(16).padStart(64, "0")}`;
const quote: Quote = {
  provider: `0x${"01".repeat(20)}`,
  owner: `0x${"02".repeat(20)}`,
  documentHash: id(77),
  piece: 0,
  shard: 1,
  commitment: id(78),
  rawLength: 1270n,
  pricePerPeriod: 5n,
  egressPrice: 0n,
  periods: 10,
  duty: (1n << 168n) - 1n,
  verifierSet: id(79),
  expiry: 2n ** 40n,
  nonce: id(80),
};
const fresh = (deal: DealId) => ({
  deal,
  quote,
  commitment: quote.commitment,
  rawLength: 1270,
  document: { size: 3 },
  manifest: { sha256: id(5), size: 4 },
});

describe("what a provider finds on its disk", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "cairn-store-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const fill = async (deal: DealId) => {
    const store = await openShardStore(root, silentLog);
    const incoming = await store.incoming(deal);
    for (const part of [incoming.shard, incoming.tree, incoming.document, incoming.manifest])
      await writeFile(part, "x");
    await writeFile(incoming.progress, "{}");
    return { store, incoming };
  };

  it("is what was committed, and nothing of what was not", async () => {
    const { store } = await fill(id(1));
    await fill(id(2));
    await store.commit(fresh(id(1)));
    const again = await openShardStore(root, silentLog);
    expect(again.held(id(1))).toEqual(store.held(id(1)));
    expect(again.held(id(1))?.quote).toEqual(quote);
    expect([again.size, again.bytes, again.paperBytes]).toEqual([1, 1270n, 7n]);
    expect(await again.pulling()).toEqual([id(2)]);
    expect((await readdir(join(root, "shards", id(1)))).sort()).toEqual([
      "document",
      "manifest",
      "meta.json",
      "shard",
      "tree",
    ]);
  });

  it("finishes a commit that a kill cut off before its rename", async () => {
    const { store } = await fill(id(1));
    await store.commit(fresh(id(1)));
    await rename(join(root, "shards", id(1)), join(root, "incoming", id(1)));
    const again = await openShardStore(root, silentLog);
    expect(again.held(id(1))?.rawLength).toBe(1270);
    expect(await again.pulling()).toEqual([]);
    expect(await readdir(join(root, "shards"))).toEqual([id(1)]);
  });

  it("does not keep a shard without a readable meta.json, nor what lies in the trash", async () => {
    await mkdir(join(root, "shards", id(3)), { recursive: true });
    await mkdir(join(root, "shards", id(4)), { recursive: true });
    await writeFile(join(root, "shards", id(4), "meta.json"), '{"version":1');
    await mkdir(join(root, "trash", "old"), { recursive: true });
    const store = await openShardStore(root, silentLog);
    expect(store.all()).toEqual([]);
    expect(await readdir(join(root, "shards"))).toEqual([]);
    expect(await readdir(join(root, "trash"))).toEqual([]);
  });

  it("drops nothing for a meta.json that is there and cannot be read, and does not start", async () => {
    const { store } = await fill(id(7));
    await store.commit(fresh(id(7)));
    const meta = join(root, "shards", id(7), "meta.json");
    await rename(meta, `${meta}.away`);
    await mkdir(meta); // Reading it fails with EISDIR: a failure of the system, even for root.
    await mkdir(join(root, "shards", id(1)), { recursive: true });
    const opened = openShardStore(root, silentLog);
    await expect(opened).rejects.toMatchObject({ code: "file-unreadable", message: `cannot read ${meta}: EISDIR` });
    await expect(opened).rejects.toMatchObject({ next: expect.stringContaining(meta) });
    expect((await readdir(join(root, "shards"))).sort()).toEqual([id(1), id(7)]);
    await rm(meta, { recursive: true });
    await rename(`${meta}.away`, meta);
    expect((await openShardStore(root, silentLog)).held(id(7))).toEqual(store.held(id(7)));
  });

  it("does not start with a deal file that cannot be read", async () => {
    await mkdir(join(root, "deals", `${id(7)}.json`), { recursive: true });
    await expect(openDealBook(root, silentLog)).rejects.toMatchObject({ code: "file-unreadable" });
  });

  it("sweeps shards without a deal, but none that a wrong deal file may stand behind, and says so", async () => {
    const { store } = await fill(id(7));
    await store.commit(fresh(id(7)));
    await fill(id(8));
    const file = join(root, "deals", `${id(7)}.json`);
    await mkdir(join(root, "deals"));
    await writeFile(file, "{");
    const said: unknown[][] = [];
    const log = { ...silentLog, warn: (...words: unknown[]) => void said.push(words) };
    const sweep = async () => sweepOrphans({ book: await openDealBook(root, silentLog), shards: store, log });
    const elsewhere = join(root, "deals", "copy-of-a-deal.json");
    await writeFile(elsewhere, "{");
    await sweep();
    expect([store.size, await store.pulling()]).toEqual([1, [id(8)]]);
    expect(said).toEqual([
      [{ wrongFiles: expect.arrayContaining([`${id(7)}.json`]) }, expect.stringMatching(/^no shard is swept/)],
    ]);
    await rm(elsewhere);
    await sweep();
    expect([store.size, await store.pulling()]).toEqual([1, []]);
    expect(said.slice(1)).toEqual([
      [{ wrongFiles: [`${id(7)}.json`] }, expect.stringMatching(/not swept/)],
      [{ deal: id(8) }, expect.stringMatching(/^dropped/)],
    ]);
    await rm(file);
    await sweep();
    expect([store.size, await store.pulling()]).toEqual([0, []]);
  });

  it("forgets what is dropped", async () => {
    const { store } = await fill(id(1));
    await store.commit(fresh(id(1)));
    await store.drop(id(1));
    await store.drop(id(1));
    expect([store.size, store.bytes, store.paperBytes, store.held(id(1))]).toEqual([0, 0n, 0n, undefined]);
    expect(await readdir(join(root, "shards"))).toEqual([]);
  });

  it("remembers every quote that may still cost space, once", async () => {
    const book = await openDealBook(root, silentLog);
    const entry = { deal: id(9), quote, signature: `0x${"ab".repeat(65)}` as const, quotedAt: 100 };
    await book.add(entry);
    await book.add(entry);
    expect([book.size, book.reservedBytes]).toEqual([1, 1270n]);
    await writeFile(join(root, "deals", "broken.json"), "{");
    const again = await openDealBook(root, silentLog);
    expect(again.get(id(9))).toEqual(entry);
    expect(again.ofSlot(quote, 0, 1)).toEqual([entry]);
    expect(again.ofSlot({ ...quote, owner: quote.provider }, 0, 1)).toEqual([]);
    expect(again.ofSlot(quote, 0, 2)).toEqual([]);
    await again.remove(id(9));
    await again.remove(id(9));
    expect([again.size, again.reservedBytes]).toEqual([0, 0n]);
    expect((await openDealBook(root, silentLog)).size).toBe(0);
  });

  it("takes no space for an entry that could not be written", async () => {
    const book = await openDealBook(root, silentLog);
    await rm(join(root, "deals"), { recursive: true });
    const entry = { deal: id(9), quote, signature: `0x${"ab".repeat(65)}` as const, quotedAt: 100 };
    await expect(book.add(entry)).rejects.toThrow();
    expect([book.size, book.reservedBytes]).toEqual([0, 0n]);
  });
});
