import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hourOfWeek, ManualClock } from "@cairn/core";
import { CairnError, type Signed } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitPackage } from "./commit-package.ts";
import { healSlot } from "./drive/heal-slot.ts";
import { isTermOver } from "./drive/quote-slots.ts";
import { requestStore } from "./drive/store-shard.ts";
import { HandOverPlaces } from "./hand-over-places.ts";
import { loadPackage } from "./package-rows.ts";
import { listProviders } from "./package-status.ts";
import { quotePackage } from "./quote-package.ts";
import { fetchRange } from "./read/fetch-range.ts";
import { openPieceSource } from "./read/open-source.ts";
import { shardDocument } from "./shard-source.ts";
import { Spool } from "./spool.ts";
import {
  dealOf,
  EXECUTOR,
  hex,
  ID,
  MANIFEST,
  type MarketWorld,
  NOW,
  OWNER,
  openMarketWorld,
  SET,
  SHARDS_ROOT,
} from "./testing/market-world.ts";

const DAY = 86_400;
const PROVIDER = hex(200, 20);
const away = new CairnError("it went away", { code: "provider-unreachable", kind: "unavailable" });

let world: MarketWorld;
let directory: string;
/** Expiries that providers were sent, in seconds from the chain's time. */
let sent: number[];

beforeEach(async () => {
  world = await openMarketWorld();
  directory = await mkdtemp(join(tmpdir(), "cairn-ahead-"));
  sent = [];
  const note = ({ message }: Signed<"UploadCapability"> | Signed<"ReadTicket">) =>
    sent.push(Number(message.expiry) - NOW);
  Object.assign(world.context, {
    clock: new ManualClock(NOW + 7200),
    chainNow: () => NOW,
    executorKey: hex(0xe),
    profile: { operatorGroups: true },
    random: { bytes: (length: number) => new Uint8Array(length).fill(7) },
    spool: new Spool(directory),
    stores: new HandOverPlaces(8),
    transport: {
      reachable: () => true,
      seek: async () => undefined,
      async *read(_provider: string, _deal: string, ticket: Signed<"ReadTicket">) {
        note(ticket);
        yield Buffer.alloc(10, 1);
      },
      async request(_provider: string, request: { capability: Signed<"UploadCapability"> }) {
        note(request.capability);
        throw away;
      },
    },
  });
  world.ledger.balance = async () => 10n ** 18n;
});
afterEach(async () => {
  await world.database.drop();
  await rm(directory, { recursive: true });
});

const query = (text: string, values: unknown[]) => world.database.pool.query(text, values);
const rowOf = () => loadPackage(world.context.pool, ID);
const never = new AbortController().signal;
const reading = (seconds: number) =>
  world.sign("ReadCapability", { documentHash: MANIFEST, audience: EXECUTOR, expiry: BigInt(NOW + seconds) });

describe("a gateway whose machine's clock is two hours ahead of the chain", () => {
  it("signs what providers, who go by the chain, take", async () => {
    await world.addPackage("PLACING");
    await query(
      "update catalog.packages set document = 'document', manifest_key = 'm', manifest_sha256 = $2, manifest_size = 1 where id = $1",
      [ID, hex(9)],
    );
    const [slot] = await world.addSlots([{ phase: "PROPOSED" }]);
    const holder = { shard: 0, provider: PROVIDER, deal: dealOf(0) };
    expect(await fetchRange(world.context, holder, reading(60), 0, 10, never)).toHaveLength(10);
    await expect(requestStore(world.context, await rowOf(), slot!, never)).rejects.toBe(away);
    await healSlot(world.context, await rowOf(), slot!, never);
    expect(sent).toEqual([300, 900, 900]);
  });

  it("takes words that still hold, and none that ran out", async () => {
    await world.addPackage("PLACING");
    await world.addSlots([{ phase: "PROPOSED" }]);
    await query("update catalog.packages set document = 'document' where id = $1", [ID]);
    await query("insert into catalog.pieces (package, number, length, indexed) values ($1, 0, 5, true)", [ID]);
    await world.context.spool.prepare(ID);
    await writeFile(world.context.spool.piecePath(ID, 0), "bytes");
    const upload = (expiry: number) =>
      shardDocument(world.context, {
        deal: dealOf(0),
        capability: world.sign(
          "UploadCapability",
          { deal: dealOf(0), provider: PROVIDER, expiry: BigInt(expiry) },
          hex(0xe),
        ),
      });
    expect(Buffer.from(await upload(NOW + 60)).toString()).toBe("document");
    await expect(upload(NOW)).rejects.toMatchObject({ code: "bad-capability" });
    const source = await openPieceSource(world.context, await rowOf(), 0, reading(60), never);
    expect(Buffer.from(await source.read(0, 5)).toString()).toBe("bytes");
    await expect(openPieceSource(world.context, await rowOf(), 0, reading(0), never)).rejects.toMatchObject({
      code: "bad-capability",
    });
  });

  it("calls awake whom the chain's hour calls on duty", async () => {
    const inHour = (hour: number) => (1n << BigInt(hour)).toString();
    const hours = [hourOfWeek(NOW), hourOfWeek(NOW + 7200)];
    for (const [i, hour] of hours.entries()) {
      await query(
        `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, active, updated_block)
         values ($1, $1, $1, 1, 1, 0, $2, '', '', true, 1)`,
        [hex(200 + i, 20), inHour(hour)],
      );
    }
    const listed = await listProviders(world.context);
    expect(new Map(listed.map(({ provider, awakeNow }) => [provider, awakeNow]))).toEqual(
      new Map([
        [hex(200, 20), true],
        [hex(201, 20), false],
      ]),
    );
  });

  it("quotes, commits and ends the term as the chain does", async () => {
    await world.addPackage("COMMITTED");
    await query("update catalog.packages set document = 'document', plan = '{}' where id = $1", [ID]);
    const quoted = { phase: "QUOTED", quoteExpiry: NOW + 300 } as const;
    await world.addSlots([quoted, quoted, quoted]);
    expect((await quotePackage(world.context, { id: ID })).endsAt).toBe(NOW + DAY);
    await commitPackage(world.context, {
      id: ID,
      mandate: world.sign("Mandate", {
        ...{ documentHash: MANIFEST, shardsRoot: SHARDS_ROOT, pieces: 1, k: 1, n: 3, verifierSet: SET },
        ...{ executor: EXECUTOR, maxEscrow: 30_000n, repairReserve: 500n, maxPrice: 10n ** 18n },
        ...{ end: BigInt(NOW + DAY), expiry: BigInt(NOW + 600) },
      }),
      readCapability: reading(60),
    });
    expect(await rowOf()).toMatchObject({ owner: OWNER, expiresAt: NOW + DAY });
    await query("update catalog.packages set expires_at = $2 where id = $1", [ID, NOW + 3600]);
    expect(isTermOver(world.context, await rowOf())).toBe(false);
    await query("update catalog.packages set expires_at = $2 where id = $1", [ID, NOW + 600]);
    expect(isTermOver(world.context, await rowOf())).toBe(true);
  });
});
