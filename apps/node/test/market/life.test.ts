import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
beforeAll(async () => {
  net = await startMarketNetwork(5);
}, 120_000);
afterAll(async () => {
  await net?.stop();
}, 60_000);

describe("a package's life", () => {
  it("is stored, read, loses a provider, is repaired and read again", async () => {
    const car = makeCar([1_500_000, 700_001]);
    const sealed = await sealCar(net, car);
    expect(sealed.state).toBe("COMMITTED");
    await commit(net, sealed.id);
    const stored = await untilState(net, sealed.id, "STORED", 90);
    expect(stored.slots.every((slot) => slot.state === "ACTIVE")).toBe(true);
    expect(stored.strength).toEqual({ live: 4, needed: 2, full: 4 });

    const capability = readCapability(net, stored.manifestHash!);
    const read = (piece: number) => collect(net.market.readPiece({ id: stored.id, piece, capability }));
    expect((await read(0)).equals(car.pieces[0]!)).toBe(true);
    expect((await read(1)).equals(car.pieces[1]!)).toBe(true);
    const part = await collect(
      net.market.readPiece({ id: stored.id, piece: 0, from: 12_345, to: 1_300_000, capability }),
    );
    expect(part.equals(car.pieces[0]!.subarray(12_345, 1_300_000))).toBe(true);
    const blocks = await collect(
      net.market.readBlocks({ id: stored.id, cids: [car.cids[3]!, car.cids[20]!, car.cids[4]!], capability }),
    );
    expect(blocks.length).toBeGreaterThan(250_000);

    const lost = stored.slots.find((slot) => slot.piece === 0 && slot.shard === 0)!;
    await net.providers.find((provider) => provider.provider === lost.provider)!.stop();
    await until(async () => !net.transport.reachable(lost.provider!), 30);
    expect((await read(0)).equals(car.pieces[0]!)).toBe(true);
    expect((await read(1)).equals(car.pieces[1]!)).toBe(true);

    await untilState(net, stored.id, "DEGRADED", 120);
    const repaired = await untilState(net, stored.id, "STORED", 60);
    expect(repaired.slots.every((slot) => slot.provider !== lost.provider)).toBe(true);
    expect((await read(0)).equals(car.pieces[0]!)).toBe(true);
    expect(await net.market.listPackages({ account: "local" })).toHaveLength(1);
  }, 300_000);
});
