import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CarReader } from "@ipld/car";
import { fromPayload } from "@web3-storage/data-segment/piece";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { offlineCar, offlinePrepare } from "../cli/offline.ts";
import { commitFile } from "./commit-file.ts";
import { chunkOf, payloadOf } from "./limits.ts";
import { prepareFolder } from "./prepare-folder.ts";
import { stageFolder } from "./stage-folder.ts";

let dir: string;
let folder: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cairn-offline-"));
  folder = join(dir, "photos, of 2026");
  await mkdir(join(folder, "beach"), { recursive: true });
  await writeFile(join(folder, "beach/dog.jpg"), Buffer.alloc(300_000, "dog"));
  await writeFile(join(folder, "list.txt"), "one, two");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(dir, name), bytes);
  return join(dir, name);
}

describe("limits", () => {
  it("are the payloads of sectors", () => {
    expect(["64GiB", "32GiB", "1GiB"].map(payloadOf)).toEqual([68_182_605_824, 34_091_302_912, 1_065_353_216]);
    for (const wrong of ["3GiB", "128GiB", "64KiB", "32GB", "much"])
      expect(() => payloadOf(wrong)).toThrowError(expect.objectContaining({ code: "bad-input" }));
    expect(chunkOf(undefined, payloadOf("2MiB"))).toBe(1_048_576);
    expect(chunkOf("256KiB", payloadOf("1MiB"))).toBe(262_144);
    // A block of 1 MiB does not fit into what 1 MiB takes.
    expect(() => chunkOf(undefined, payloadOf("1MiB"))).toThrowError(/do not fit/);
  });
});

describe("the commitment of a file", () => {
  /** FRC-0069 and go-fil-commp-hashhash. */
  it.each<[string, Uint8Array, string, string?]>([
    ["empty", new Uint8Array(0), "bafkzcibcp4bdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy"],
    [
      "127 zeros",
      new Uint8Array(127),
      "bafkzcibcaabdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy",
      "baga6ea4seaqdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy",
    ],
    ["128 zeros", new Uint8Array(128), "bafkzcibcpybwiktap34inmaex4wbs6cghlq5i2j2yd2bb2zndn5ep7ralzphkdy"],
    [
      "508 bytes",
      Buffer.concat([0, 1, 2, 3].map((byte) => Buffer.alloc(127, byte))),
      "bafkzcibcaaces3nobte6ezpp4wqan2age2s5yxcatzotcvobhgcmv5wi2xh5mbi",
      "baga6ea4seaqes3nobte6ezpp4wqan2age2s5yxcatzotcvobhgcmv5wi2xh5mbi",
    ],
    [
      "1024 of 0xCC",
      Buffer.alloc(1024, 0xcc),
      "bafkzcibd6adqmnn5u42juoezestr7ty4a5okhrpae3yotqpxzzz54n644jyw4srz",
      "baga6ea4seaqdlpnhgsndrgjeu4p46hahlsr4lybg6du4d56ooppdpxhcofxeuoi",
    ],
    [
      "1 MiB of 0xCC",
      Buffer.alloc(1_048_576, 0xcc),
      "bafkzcibeqcad6ecdhu5oczw67lk4fsshk6z4usncpq5sheqpbascmh3v5t4qnc7cey",
      "baga6ea4seaqegpj24ftn56wvylfeov5tzje2e7b3eoja6cbeeypxl3hza2f6ejq",
    ],
  ])("of %s is as published", async (name, bytes, v2, v1) => {
    const found = await commitFile(await fileOf(name, bytes));
    expect(found).toMatchObject({ bytes: bytes.length, pieceCid: v2, ...(v1 === undefined ? {} : { pieceCidV1: v1 }) });
  });

  it("is that of another implementation at the edges of a piece, and says no unreadable file", async () => {
    for (const length of [126, 127, 128, 1015, 1016, 1017, 520_191, 520_193, 1_500_000]) {
      const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 7) % 251));
      const piece = fromPayload(bytes);
      const found = await commitFile(await fileOf("edge", bytes));
      expect([found.pieceCid, found.paddedBytes]).toEqual([piece.link.toString(), Number(piece.size)]);
    }
    await expect(commitFile(join(dir, "nothing"))).rejects.toMatchObject({ code: "unreadable-path" });
    await expect(commitFile(dir)).rejects.toMatchObject({ code: "unreadable-path" });
  });
});

describe("preparing", () => {
  it("writes CARs that @ipld/car reads, and tables with the commitment of each", async () => {
    const out = join(dir, "out");
    const prepared = await stageFolder(out, (at) =>
      prepareFolder({ path: folder, folder: at, payload: payloadOf("128KiB"), chunk: 65_536 }),
    );
    expect(prepared.pieces.length).toBeGreaterThan(2);
    const names = prepared.pieces.map(({ file }) => file);
    expect(names[0]).toBe("data-0001.car");
    expect((await readdir(out)).toSorted()).toEqual([...names, "pieces.csv", "pieces.json"]);
    const blocks = new Set<string>();
    let all = 0;
    for (const { file, bytes, pieceCid, paddedBytes } of prepared.pieces) {
      const car = await readFile(join(out, file));
      expect(car.length).toBe(bytes);
      expect(bytes).toBeLessThanOrEqual(130_048);
      const piece = fromPayload(car);
      expect([pieceCid, paddedBytes]).toEqual([piece.link.toString(), Number(piece.size)]);
      const reader = await CarReader.fromBytes(car);
      expect((await reader.getRoots()).map(String)).toEqual([prepared.root]);
      for await (const { cid } of reader.blocks()) {
        blocks.add(cid.toString());
        all += 1;
      }
    }
    expect([all, blocks.has(prepared.root)]).toEqual([blocks.size, true]);
    expect(JSON.parse(await readFile(join(out, "pieces.json"), "utf8"))).toEqual(prepared);
    const lines = (await readFile(join(out, "pieces.csv"), "utf8")).trimEnd().split("\r\n");
    expect(lines[0]).toBe("file,bytes,padded bytes,piece cid,piece cid v1,root cid");
    expect(lines.slice(1).map((line) => line.split(",")[3])).toEqual(prepared.pieces.map(({ pieceCid }) => pieceCid));
  });

  it("writes over nothing, and leaves nothing behind when it fails", async () => {
    const full = join(dir, "full");
    await mkdir(full);
    await writeFile(join(full, "mine"), "mine");
    const options = { output: full, limit: "1GiB", json: true };
    await expect(offlineCar(folder, options)).rejects.toMatchObject({ code: "destination-not-empty" });
    await expect(offlineCar(folder, { ...options, output: join(full, "mine") })).rejects.toMatchObject({
      code: "destination-not-empty",
    });
    await expect(
      offlinePrepare(join(dir, "no such folder"), { ...options, output: join(dir, "never") }),
    ).rejects.toMatchObject({ code: "unreadable-path" });
    // Something came there while the work went on.
    const taken = join(dir, "taken");
    const racing = stageFolder(taken, async (at) => {
      await writeFile(join(await at(), "part"), "x");
      await mkdir(taken);
      await writeFile(join(taken, "theirs"), "theirs");
    });
    await expect(racing).rejects.toMatchObject({ code: "destination-not-empty" });
    expect(await readFile(join(taken, "theirs"), "utf8")).toBe("theirs");
    const aborted = new AbortController();
    aborted.abort();
    const stopped = stageFolder(join(dir, "stopped"), (at) =>
      prepareFolder({ path: folder, folder: at, payload: payloadOf("1GiB"), chunk: 65_536, signal: aborted.signal }),
    );
    await expect(stopped).rejects.toThrow();
    expect([existsSync(join(dir, "stopped")), existsSync(join(dir, "never"))]).toEqual([false, false]);
    expect((await readdir(dir)).filter((name) => name.startsWith(".cairn-offline-"))).toEqual([]);
    // An empty folder is taken.
    await mkdir(join(dir, "vacant"));
    await stageFolder(join(dir, "vacant"), async (at) => {
      const file = await open(join(await at(), "part"), "wx");
      await file.close();
    });
    expect(await readdir(join(dir, "vacant"))).toEqual(["part"]);
  });
});
