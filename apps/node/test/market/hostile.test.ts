import { randomBytes } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { signTyped } from "@cairn/chain";
import { endlessBody, silence, wrongBytes, wrongProof } from "@cairn/provider/testing";
import { afterEach, describe, expect, it } from "vitest";
import {
  collect,
  commit,
  type MarketNetwork,
  makeCar,
  readCapability,
  sealCar,
  startMarketNetwork,
  until,
  untilState,
} from "./market-network.ts";

let net: MarketNetwork;
afterEach(async () => {
  await net?.stop();
}, 60_000);

const rssOf = () => process.memoryUsage().rss;

async function storeAndReadWith(liar: Parameters<typeof startMarketNetwork>[1]) {
  net = await startMarketNetwork(4, liar);
  const car = makeCar([3_000_000]);
  const { id } = await sealCar(net, car);
  await commit(net, id);
  const stored = await untilState(net, id, "STORED", 120);
  const capability = readCapability(net, stored.manifestHash!);
  const before = rssOf();
  const started = Date.now();
  const read = await collect(net.market.readPiece({ id, piece: 0, capability }));
  expect(read.equals(car.pieces[0]!)).toBe(true);
  return { stored, grown: rssOf() - before, seconds: (Date.now() - started) / 1000 };
}

describe("readPiece", () => {
  it("gives the right bytes and names a provider that sends wrong ones", async () => {
    const { stored } = await storeAndReadWith((i) => (i === 0 ? { alter: wrongBytes } : {}));
    const liar = net.providers[0]!.provider;
    const shard = stored.slots.find((slot) => slot.provider === liar)!.shard;
    const named = (await net.events()).filter((event) => event.kind === "wrong-bytes");
    if (shard < 2) expect(named.map((event) => event.provider)).toContain(liar);
    expect(named.every((event) => event.provider === liar)).toBe(true);
  }, 240_000);

  it("gives the right bytes with two liars of four", async () => {
    const { stored } = await storeAndReadWith((i) => (i < 2 ? { alter: wrongBytes } : {}));
    const liars = net.providers.slice(0, 2).map((provider) => provider.provider);
    const named = (await net.events()).filter((event) => event.kind === "wrong-bytes");
    expect(named.every((event) => liars.includes(event.provider as never))).toBe(true);
    if (stored.slots.some((slot) => slot.shard < 2 && liars.includes(slot.provider!))) expect(named).not.toEqual([]);
  }, 240_000);

  it("stops an endless body with flat memory", async () => {
    const { grown } = await storeAndReadWith((i) => (i < 2 ? { alter: endlessBody } : {}));
    expect(grown).toBeLessThan(150e6);
  }, 240_000);
});

describe("hand-over", () => {
  it("replaces a provider whose first proof is wrong, and says so", async () => {
    net = await startMarketNetwork(5, (i) => (i === 0 ? { alter: wrongProof, price: 1n } : {}));
    const { id } = await sealCar(net, makeCar([400_000]));
    await commit(net, id);
    const stored = await untilState(net, id, "STORED", 120);
    const liar = net.providers[0]!.provider;
    expect(stored.slots.every((slot) => slot.provider !== liar)).toBe(true);
    expect((await net.events()).some((event) => event.kind === "provider-replaced" && event.provider === liar)).toBe(
      true,
    );
  }, 240_000);

  it("says what is missing when a silent provider cannot be replaced", async () => {
    net = await startMarketNetwork(4, (i) => (i === 0 ? { alter: silence } : {}));
    const { id } = await sealCar(net, makeCar([400_000]));
    await expect(commit(net, id)).rejects.toMatchObject({ code: "too-few-providers" });
    expect((await net.market.packageStatus({ id })).state).toBe("COMMITTED");
    await net.market.abandonPackage({ id });
    expect((await net.market.packageStatus({ id })).state).toBe("ABANDONED");
    expect(await readdir(join(net.directory, "spool"))).toEqual([]);
  }, 240_000);
});

describe("damage, removal, recovery", () => {
  it("rewrites a damaged copy, recovers on an empty database, ends on the owner's word", async () => {
    net = await startMarketNetwork(4);
    const car = makeCar([2_000_000, 300_000]);
    const { id } = await sealCar(net, car);
    await commit(net, id);
    const stored = await untilState(net, id, "STORED", 120);
    const capability = readCapability(net, stored.manifestHash!);

    const victim = stored.slots.find((slot) => slot.piece === 0 && slot.shard === 1)!;
    const index = net.providers.findIndex((provider) => provider.provider === victim.provider);
    await flipByte(join(net.directory, `provider-${index}`), victim.rawLength, 1000);
    await net.database.pool.query(`insert into catalog.outbox (topic, payload) values ('heal', $1)`, [
      JSON.stringify({ deal: victim.deal, reason: "1 damaged range" }),
    ]);
    await until(async () => (await net.events()).some((event) => event.kind === "shard-healed"), 60, "healing");
    const healed = await untilState(net, id, "STORED", 30);
    expect(healed.slots.find((slot) => slot.piece === 0 && slot.shard === 1)!.deal).toBe(victim.deal);
    const read = () => collect(net.market.readPiece({ id, piece: 0, capability }));
    expect((await read()).equals(car.pieces[0]!)).toBe(true);
    expect((await net.events()).filter((event) => event.kind === "wrong-bytes")).toEqual([]);

    const { rows } = await net.database.pool.query("select repair_key from catalog.packages where id = $1", [id]);
    await net.database.pool.query("delete from catalog.packages");
    const found = await net.market.listRecoverable({ owner: net.network.owner });
    expect(found).toMatchObject([{ manifestHash: stored.manifestHash, known: null, deals: 8 }]);
    const [recovered] = await net.market.recoverPackages({
      account: "local",
      owner: net.network.owner,
      capabilities: [capability],
    });
    expect(recovered).toMatchObject({ id, k: 2, n: 4, state: "STORED" });
    await expect(read()).rejects.toMatchObject({ code: "no-repair-key" });
    await net.market.setRepairKey({
      id,
      repairKey: rows[0].repair_key,
      nameHash: `0x${randomBytes(32).toString("hex")}`,
      label: randomBytes(10),
      layout: "private",
      files: 1,
      bytes: 2_300_000,
    });
    expect((await read()).equals(car.pieces[0]!)).toBe(true);

    const termination = { manifestHash: stored.manifestHash!, expiry: BigInt(Math.floor(Date.now() / 1000) + 600) };
    await net.market.removePackage({
      id,
      termination: {
        message: termination,
        signature: signTyped("Termination", termination, net.network.deployment, net.network.ownerKey),
      },
    });
    await untilState(net, id, "REMOVED", 180);
    expect(await net.network.ledger.packageReserve(stored.manifestHash!)).toBe(0n);
    expect(await readdir(join(net.directory, "spool"))).toEqual([]);
  }, 400_000);
});

/** Flip a byte of the one file under `directory` that has `size` bytes. */
async function flipByte(directory: string, size: number, at: number): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = await open(join(entry.parentPath, entry.name), "r+");
    try {
      if ((await file.stat()).size !== size) continue;
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
      buffer[0]! ^= 1;
      await file.write(buffer, 0, 1, at);
      return;
    } finally {
      await file.close();
    }
  }
  throw new Error(`no shard of ${size} bytes in ${directory}`);
}
