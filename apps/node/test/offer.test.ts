import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PackageDetailJson } from "@cairn/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADDRESS, startFarmer } from "./support/downstream.ts";
import { startNetwork, type TestNetwork } from "./support/network.ts";

let network: TestNetwork;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-offer-"));
  const home = join(directory, "home");
  await mkdir(join(home, "downstream"), { recursive: true });
  await writeFile(join(home, "downstream", "settings.json"), JSON.stringify({ intervalSeconds: 20 }));
  network = await startNetwork({ home, providers: 4 });
});
afterAll(async () => {
  await network?.stop();
  await rm(directory, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("a network's own downstream door", () => {
  it("prepares nothing before the first farmer registers, then fills its pool", async () => {
    const page = await (await fetch(`${network.url}/status`)).text();
    expect(page).toContain('href="/downstream"');
    const chunks = async () =>
      Number(
        /^cairn_downstream_pool_chunks (\d+)/m.exec(await (await fetch(`${network.url}/metrics`)).text())?.[1] ?? -1,
      );
    expect(await chunks()).toBe(0);
    const farmer = startFarmer(network.url, join(network.directory, "first"), "--address", ADDRESS, "--size", "5kB");
    await farmer.acceptedMore(1, 60);
    await farmer.end();
    const status = await network.cli("downstream", "status", "--json");
    expect(status.code, status.stdout).toBe(0);
    const { totals } = status.json<{ totals: { contracts: number } }>();
    expect(totals.contracts).toBeGreaterThan(0);
  });

  it("hands a package's shards to farmers that fetch, as their providers hold them", async () => {
    const file = join(network.directory, "data");
    await writeFile(file, randomBytes(300_000));
    expect((await network.cli("put", file, "--json")).code).toBe(0);
    const detail = (await network.cli("show", "data", "--json")).json<PackageDetailJson>();
    const offered = await network.cli("downstream", "offer", "data", "--json");
    expect(offered.code, offered.stderr).toBe(0);
    const { shards } = offered.json<{ shards: { shard: number; size: number; sha256: string; encoded: number }[] }>();
    expect(shards).toHaveLength(detail.slots.length);
    for (const slot of detail.slots) {
      const held = await readFile((await network.holderOf(slot.deal ?? "")).shard);
      const { size, sha256: hash, encoded } = shards.find(({ shard }) => shard === slot.shard)!;
      expect(sha256(held.subarray(0, size))).toBe(hash);
      expect(encoded).toBe(1);
    }

    const path = join(network.directory, "farmer");
    const all = shards.reduce((sum, { size }) => sum + size, 0);
    let farmer = startFarmer(network.url, path, "--address", ADDRESS, "--size", String(all));
    await farmer.acceptedMore(shards.length, 90);
    await farmer.end();
    const chunks = join(path, "chunks");
    const held = async () =>
      Promise.all((await readdir(chunks)).map(async (name) => sha256(await readFile(join(chunks, name)))));
    expect((await held()).sort()).toEqual(shards.map(({ sha256: hash }) => hash).sort());

    // What is lost here is fetched again; a second offer finds the copies held.
    await rm(join(chunks, (await readdir(chunks))[0] ?? ""));
    expect((await network.cli("downstream", "offer", "data", "--json")).stdout).toContain('"encoded": 0');
    farmer = startFarmer(network.url, path, "--size", String(all));
    await farmer.acceptedMore(shards.length, 90);
    expect(farmer.lines.filter(({ event }) => event === "restored")).toHaveLength(1);
    expect(farmer.lines.filter(({ event }) => event === "dropped")).toEqual([]);
    await farmer.end();
    expect((await held()).sort()).toEqual(shards.map(({ sha256: hash }) => hash).sort());
  });

  it("gives no shard to those who have no contract on it", async () => {
    const { shards } = (await network.cli("downstream", "offer", "data", "--json")).json<{
      shards: { sha256: string }[];
    }>();
    const url = `${network.url}/api/downstream/v1/shard/${shards[0]?.sha256}`;
    expect((await fetch(url)).status).toBe(401);
    const registered = await fetch(`${network.url}/api/downstream/v1/new/${ADDRESS}`);
    const { token } = (await registered.json()) as { token: string };
    expect((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(404);
  });
});
