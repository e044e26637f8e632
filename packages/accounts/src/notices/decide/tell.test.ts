import { randomBytes } from "node:crypto";
import { recordEvents } from "@cairn/catalog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccountsWorld, accountsWorld, HOME_ACCOUNT } from "../../testing/accounts-world.ts";
import { fundWallet, storeDeals } from "../../testing/notice-world.ts";
import { DEFAULT_NOTICE_SETTINGS } from "../kinds.ts";
import { countUnread, cursorOfNotice, listNotices } from "../list-notices.ts";
import { markRead } from "../mark-read.ts";
import { noticeSettingsOf, setNoticeSettings } from "../settings.ts";
import { tellOfEvents } from "./decide-notices.ts";
import { tellDeposits } from "./tell-deposits.ts";
import { tellWaiting } from "./tell-waiting.ts";

const ID = "a".repeat(32);
let world: AccountsWorld;
beforeAll(async () => {
  world = await accountsWorld();
  await storeDeals(world.pool, { account: HOME_ACCOUNT, id: ID, deals: [], endsAt: 0 });
});
afterAll(() => world.database.drop());

const newest = async () => (await listNotices(world.pool, { account: HOME_ACCOUNT, limit: 50 })).rows;
const event = (kind: string, severity: "info" | "warning" | "error", more: object = { package: ID }) =>
  recordEvents(world.pool, [{ kind, severity, message: `${kind} came about.`, ...more }]);

describe("what happens", () => {
  it("is told once a day for a package that keeps breaking, at once when it is lost, and of what is nobody's not at all", async () => {
    for (let n = 0; n < 5; n += 1) {
      await event("package-degraded", "warning");
      await event("package-restored", "info");
    }
    await event("package-lost", "error");
    await event("provider-registered", "info", {});
    await event("check-ended", "info");
    await event("check-ended", "warning");
    await event("check-ended", "warning");
    const both = await Promise.all([tellOfEvents(world), tellOfEvents(world)]);
    expect(both[0]! + both[1]! + (await tellOfEvents(world))).toBe(5);
    expect((await newest()).map(({ kind, severity }) => `${kind} ${severity}`)).toEqual([
      "fixity warning",
      "fixity warning",
      "damage error",
      "repair info",
      "damage warning",
    ]);
    expect((await newest())[2]).toMatchObject({
      package: ID,
      message: `Package ${ID}: package-lost came about.`,
      read: false,
    });
  });

  it("is not told where the account does not want it, and in the console not where it goes elsewhere", async () => {
    const before = (await newest()).length;
    const settings = await noticeSettingsOf(world.pool, HOME_ACCOUNT);
    expect(settings).toEqual(DEFAULT_NOTICE_SETTINGS);
    const { kinds } = settings;
    await setNoticeSettings(world.pool, HOME_ACCOUNT, {
      ...settings,
      kinds: {
        ...kinds,
        fixity: { frequency: "never", channels: ["console"] },
        damage: { frequency: "each", channels: ["webhook"] },
      },
    });
    await event("check-ended", "warning");
    await event("package-degraded", "warning");
    expect(await tellOfEvents(world)).toBe(1);
    expect((await newest()).length).toBe(before);
    await expect(
      setNoticeSettings(world.pool, HOME_ACCOUNT, {
        ...settings,
        kinds: { ...kinds, fixity: { frequency: "weekly", channels: [] } },
      }),
    ).rejects.toMatchObject({ code: "bad-input", details: { field: "kinds.fixity.frequency" } });
  });

  it("includes deposits that are final, each once", async () => {
    const address = `0x${"9".repeat(40)}`;
    await fundWallet(world.pool, { account: HOME_ACCOUNT, address, left: 5n * 10n ** 18n, block: 7 });
    expect(await tellDeposits(world.pool)).toBe(1);
    expect(await tellDeposits(world.pool)).toBe(0);
    await fundWallet(world.pool, { account: HOME_ACCOUNT, address, left: 10n ** 18n, block: 8 });
    expect(await tellDeposits(world.pool)).toBe(1);
    expect((await newest()).slice(0, 2)).toMatchObject([
      { kind: "deposit", wallet: address, message: expect.stringContaining("1 CAIRN") },
      { kind: "deposit", wallet: address, message: expect.stringContaining("5 CAIRN") },
    ]);
  });
});

describe("transfers of coins", () => {
  it("are told of when coins came for good, and when any failed or was taken back; not when what the owner sent went well", async () => {
    const wallet = `0x${"8".repeat(40)}`;
    const transfer = (state: string, direction: "in" | "out") =>
      recordEvents(world.pool, [
        {
          ...{ account: HOME_ACCOUNT, kind: `transfer-${state}`, severity: "info", message: `${state} ${direction}.` },
          data: { wallet, transaction: "0x77", direction, amount: "1500000000000000001" },
        },
      ]);
    await transfer("confirmed", "in");
    await transfer("confirmed", "out");
    await transfer("failed", "out");
    await transfer("reorganised", "in");
    expect(await tellOfEvents(world)).toBe(3);
    expect(await tellOfEvents(world)).toBe(0);
    expect((await newest()).slice(0, 3)).toMatchObject([
      { kind: "deposit", wallet, message: "reorganised in." },
      { kind: "deposit", wallet, message: "failed out." },
      {
        ...{ kind: "deposit", wallet },
        message: `1.500000000000000001 CAIRN came to the wallet ${wallet} and are final: transaction 0x77.`,
      },
    ]);
  });
});

describe("a put that waits for its owner", () => {
  it("is told of once a day, from an hour on where it waits for an answer", async () => {
    const now = world.clock.now();
    await world.storePackage("b".repeat(32), HOME_ACCOUNT, "COMMITTED");
    await world.storePackage("c".repeat(32), HOME_ACCOUNT, "RECEIVING");
    await world.storePackage("d".repeat(32), HOME_ACCOUNT, "PLACING");
    await world.pool.query("update catalog.packages set touched_at = to_timestamp($1)", [now]);
    await world.pool.query(
      `insert into catalog.slots (package, piece, shard, commitment, raw_length, state, cause, next)
       values ($1, 0, 0, '0x', 1, 'EMPTY', 'no provider has room', 'Wait.')`,
      ["d".repeat(32)],
    );
    expect(await tellWaiting(world.pool, now + 3000)).toBe(0);
    expect(await tellWaiting(world.pool, now + 4000)).toBe(2);
    expect(await tellWaiting(world.pool, now + 5000)).toBe(0);
    expect(await tellWaiting(world.pool, now + 90_000)).toBe(3);
    const said = (await newest()).slice(0, 3).map(({ message, next }) => `${message} ${next}`);
    expect(said.toSorted()).toEqual([
      expect.stringMatching(/^Package b+ is uploaded and waits/),
      expect.stringMatching(/^Package c+ was not uploaded to its end/),
      `Package ${"d".repeat(32)} is not stored in full yet: no provider has room Wait.`,
    ]);
  });
});

describe("puts of an account that wants no notices of them", () => {
  it.each([
    ["never", "never" as const, ["console" as const]],
    ["no channel", "daily" as const, []],
  ])("keep none of another from being told: %s", async (_, frequency, channels) => {
    const { pool } = world;
    const [silent, heard] = [`silent-${frequency}`, `heard-${frequency}`];
    await world.storePackage(randomBytes(16).toString("hex"), silent, "COMMITTED");
    await pool.query(
      `insert into catalog.packages select (jsonb_populate_record(p, jsonb_build_object('id', md5($1 || i), 'name_hash', '\\x' || md5($1 || i) || md5($1 || i)))).*
       from catalog.packages p, generate_series(1, 600) i where p.account = $1`,
      [silent],
    );
    await setNoticeSettings(pool, silent, {
      ...DEFAULT_NOTICE_SETTINGS,
      kinds: { ...DEFAULT_NOTICE_SETTINGS.kinds, owner: { frequency, channels } },
    });
    await world.storePackage(randomBytes(16).toString("hex"), heard, "COMMITTED");
    const now = world.clock.now();
    await pool.query(
      "update catalog.packages set touched_at = to_timestamp($1 - case when account = $2 then 86400 else 0 end) where account in ($2, $3)",
      [now, silent, heard],
    );
    await tellWaiting(pool, now + 4000);
    expect((await listNotices(pool, { account: heard })).rows).toHaveLength(1);
    expect((await listNotices(pool, { account: silent })).rows).toEqual([]);
  });
});

describe("the console's list", () => {
  it("comes in pages either way, and is marked read by ids or up to what was seen, of the own account alone", async () => {
    const { pool } = world;
    const all = await newest();
    const walked = [];
    for (let after: string | undefined; ; ) {
      const page = await listNotices(pool, {
        account: HOME_ACCOUNT,
        limit: 3,
        ...(after === undefined ? {} : { after }),
      });
      walked.push(...page.rows);
      if (page.next === null) break;
      after = page.next;
    }
    expect(walked).toEqual(all);
    const third = all[2]!;
    const later = await listNotices(pool, { account: HOME_ACCOUNT, order: "asc", after: cursorOfNotice(third.id) });
    expect(later.rows.map(({ id }) => id)).toEqual([all[1]!.id, all[0]!.id]);
    expect(await countUnread(pool, HOME_ACCOUNT)).toBe(all.length);
    expect(await markRead(pool, "another", { upTo: all[0]!.id })).toBe(0);
    expect(await markRead(pool, HOME_ACCOUNT, { ids: [all[0]!.id] })).toBe(1);
    expect(await markRead(pool, HOME_ACCOUNT, { upTo: third.id })).toBe(all.length - 2);
    expect((await listNotices(pool, { account: HOME_ACCOUNT, unread: true })).rows).toMatchObject([{ id: all[1]!.id }]);
    expect((await listNotices(pool, { account: "another" })).rows).toEqual([]);
  });
});
