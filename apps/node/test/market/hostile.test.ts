import { randomBytes } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { enqueue } from "@cairn/catalog";
import { fileOutgoingStore, generateKey } from "@cairn/chain";
import { ALWAYS_ON, selectProviders } from "@cairn/core";
import { addressOfKey, dealIdOf, type Hex, shardTree, signTyped } from "@cairn/protocol";
import type { ProviderOptions } from "@cairn/provider";
import { endlessBody, silence, wrongBytes, wrongProof } from "@cairn/provider/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  collect,
  commit,
  commitCar,
  type MarketNetwork,
  makeCar,
  readCapability,
  startMarketNetwork,
  until,
  untilState,
} from "./market-network.ts";

let net: MarketNetwork;
const [SILENT, LIAR, ENDLESS, CHEAT] = [0, 1, 2, 3];
const liars: Partial<ProviderOptions>[] = [
  { alter: silence },
  { alter: wrongBytes },
  { alter: endlessBody },
  { alter: wrongProof },
];
beforeAll(async () => {
  net = await startMarketNetwork(8, (i) => liars[i] ?? {});
}, 660_000);
afterAll(() => net?.stop(), 60_000);

const addressOf = (index: number) => net.providers[index]!.provider;
const read = (id: string, piece: number, documentHash: Hex) =>
  collect(net.market.readPiece({ id, piece, capability: readCapability(net, documentHash) }));

/** A package id that draws the liars for its first piece, in their order: nothing is known of anybody, so that the lot decides alone. */
function idThatDrawsLiars(): string {
  const equals = { groups: [], score: 0, fulfilled: 0n, price: 1n, region: "", duty: ALWAYS_ON, freeBytes: 1n };
  const candidates = net.providers.map(({ provider }) => ({ provider, ...equals }));
  for (;;) {
    const id = randomBytes(16).toString("hex");
    const piece = { count: liars.length, k: 2, n: 4, rawLength: 1, candidates, holders: [], seed: id };
    if (selectProviders(piece).chosen.every(({ provider }, i) => provider === addressOf(i))) return id;
  }
}

/** A stranger with a provider of its own, which stores nothing, has a deal under a hash before its owner does. */
async function useHashFirst(documentHash: Hex): Promise<Hex> {
  const { deployment, ledger, fund, verifierSet } = net.network;
  const [cold, stranger] = [generateKey(), generateKey()];
  const [provider, owner] = [addressOfKey(cold), addressOfKey(stranger)];
  await fund(owner, 10n ** 18n);
  const far = 4_000_000_000n;
  const sender = ledger.withKey(stranger, fileOutgoingStore(join(net.directory, "stranger")));
  const registration = {
    ...{ hot: provider, payout: provider, capacity: 1n << 40n, priceFloor: 0n, egressPrice: 0n },
    ...{ duty: ALWAYS_ON, region: "eu", endpoint: "", nonce: 0n, deadline: far },
  };
  await sender.register({ id: "register" }, registration, signTyped("Registration", registration, deployment, cold));
  const shard = { commitment: hex(7), rawLength: 127 };
  const { root, path } = shardTree({ pieces: [{ shards: [shard] }] });
  const mandate = {
    ...{ documentHash, shardsRoot: root, pieces: 1, k: 1, n: 1, verifierSet, executor: owner },
    ...{ maxEscrow: 0n, repairReserve: 0n, maxPrice: 0n, end: far, expiry: far },
  };
  const quote = {
    ...{ provider, owner, documentHash, piece: 0, shard: 0, commitment: shard.commitment, rawLength: 127n },
    ...{ pricePerPeriod: 0n, egressPrice: 0n, periods: 1000, duty: ALWAYS_ON, verifierSet, expiry: far, nonce: hex(8) },
  };
  const signature = signTyped("Mandate", mandate, deployment, stranger);
  const hot = signTyped("Quote", quote, deployment, cold);
  const { ok } = await sender.propose({ id: "propose" }, mandate, signature, [quote], [hot], [path(0, 0)]);
  expect(ok).toBe(true);
  return dealIdOf(quote, deployment);
}

const hex = (digit: number): Hex => `0x${String(digit).repeat(64)}`;

describe("among liars", () => {
  it("passes over the silent, replaces a cheat, reads right bytes past two liars of four, and names them", async () => {
    const car = makeCar([6_000_000]);
    const { id } = await commitCar(net, car, { id: idThatDrawsLiars() });
    const theirs = await useHashFirst((await net.market.quotePackage({ id })).documentHash);
    await commit(net, id);
    const { slots, documentHash } = await untilState(net, id, "STORED", 120);
    expect(slots.map(({ deal }) => deal)).not.toContain(theirs);
    // The silent one was to have shard 0, the cheat shard 3.
    expect(slots.slice(1, 3).map((slot) => slot.provider)).toEqual([addressOf(LIAR), addressOf(ENDLESS)]);
    const honest = net.providers.slice(4).map(({ provider }) => provider);
    for (const slot of [slots[0]!, slots[3]!]) expect(honest).toContain(slot.provider);

    const before = process.memoryUsage().rss;
    expect((await read(id, 0, documentHash!)).equals(car.pieces[0]!)).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);

    const isNamed = async () =>
      (await net.events()).some(({ kind, provider }) => kind === "wrong-bytes" && provider === addressOf(LIAR));
    await until(isNamed, 60, "the liar being named");
    const events = await net.events();
    const of = (kind: string) => new Set(events.filter((event) => event.kind === kind).map((event) => event.provider));
    expect(of("provider-replaced")).toEqual(new Set([addressOf(CHEAT)]));
    expect(of("wrong-bytes")).toContain(addressOf(LIAR));
    for (const named of of("wrong-bytes")) expect([addressOf(LIAR), addressOf(ENDLESS)]).toContain(named);
    expect(slots.some((slot) => slot.provider === addressOf(SILENT))).toBe(false);
  }, 660_000);

  it("says how many providers there are, and undoes a package cleanly", async () => {
    await expect(commitCar(net, makeCar([1000]), { n: 9 })).rejects.toMatchObject({
      code: "too-few-providers",
      details: { available: 8 },
    });
    const { id } = await commitCar(net, makeCar([1000]), { n: 8 });
    await expect(net.market.quotePackage({ id })).rejects.toMatchObject({ code: "too-few-providers" });
    await net.market.abandonPackage({ id });
    expect((await net.market.packageStatus({ id })).state).toBe("ABANDONED");
    expect(await readdir(join(net.directory, "spool"))).not.toContain(id);
  }, 660_000);
});

describe("damage, removal, recovery", () => {
  it("rewrites a damaged copy, recovers on an empty database, ends on the owner's word", async () => {
    for (const index of [SILENT, LIAR, ENDLESS, CHEAT]) await net.providers[index]!.stop();
    await until(async () => net.transport.connected().length === 4, 30);
    await net.database.pool.query("delete from catalog.packages");
    const car = makeCar([2_000_000, 300_000]);
    const { id } = await commitCar(net, car);
    await commit(net, id);
    const { slots, documentHash } = await untilState(net, id, "STORED", 120);
    const victim = slots.find((slot) => slot.piece === 0 && slot.shard === 1)!;
    const index = net.providers.findIndex((provider) => provider.provider === victim.provider);
    await flipByte(join(net.directory, `provider-${index}`), victim.rawLength, 1000);
    await enqueue(net.database.pool, "heal", { deal: victim.deal!, reason: "1 damaged range" });
    const healing = async () =>
      (await net.events()).some((event) => event.kind === "shard-healed" && event.package === id);
    await until(healing, 60, "healing");
    const healed = await untilState(net, id, "STORED", 30);
    expect(healed.slots.find((slot) => slot.piece === 0 && slot.shard === 1)!.deal).toBe(victim.deal);
    expect((await read(id, 0, documentHash!)).equals(car.pieces[0]!)).toBe(true);
    const wrong = (await net.events()).filter((event) => event.kind === "wrong-bytes" && event.package === id);
    expect(wrong).toEqual([]);

    const { rows } = await net.database.pool.query("select repair_key from catalog.packages where id = $1", [id]);
    await net.database.pool.query("delete from catalog.packages");
    const { packages: found } = await net.market.listRecoverable({ owner: net.network.owner });
    expect(found).toContainEqual({ documentHash, known: null, deals: 8 });
    const [recovered] = await net.market.recoverPackages({
      account: "local",
      owner: net.network.owner,
      capabilities: [readCapability(net, documentHash!)],
    });
    expect(recovered).toMatchObject({ id, k: 2, n: 4, state: "STORED" });
    await expect(read(id, 0, documentHash!)).rejects.toMatchObject({ code: "no-repair-key" });
    await net.market.setRepairKey({
      id,
      repairKey: rows[0].repair_key,
      nameHash: `0x${randomBytes(32).toString("hex")}`,
      label: randomBytes(10),
      layout: "private",
      files: 1,
      bytes: 2_300_000,
    });
    expect((await read(id, 0, documentHash!)).equals(car.pieces[0]!)).toBe(true);

    const message = { documentHash: documentHash!, expiry: BigInt(Math.floor(Date.now() / 1000) + 600) };
    const signature = signTyped("Termination", message, net.network.deployment, net.network.ownerKey);
    await net.market.removePackage({ id, termination: { message, signature } });
    await untilState(net, id, "REMOVED", 180);
    expect(await net.network.ledger.packageReserve({ owner: net.network.owner, documentHash: documentHash! })).toBe(0n);
    expect(await readdir(join(net.directory, "spool"))).not.toContain(id);
  }, 660_000);
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
