import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import { recordEvents } from "@cairn/catalog";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccountsWorld, accountsWorld, HOME_ACCOUNT } from "../testing/accounts-world.ts";
import { dyingClients } from "../testing/dying-client.ts";
import type { NoticeProcess } from "../testing/notice-process.ts";
import { fundWallet, storeDeals } from "../testing/notice-world.ts";
import { webhookReceiver } from "../testing/webhook-receiver.ts";
import { tellOfEvents, tellOfState } from "./decide/decide-notices.ts";
import { deliverNotices } from "./deliver/deliver-notices.ts";
import { TURN_SECONDS } from "./deliver/take-target.ts";
import { addWebhook } from "./targets/add-webhook.ts";

const HOME_SECRET = "s".repeat(43);
const DAY = 86_400;
const PROGRAM = new URL("../testing/notice-process.ts", import.meta.url).pathname;

let world: AccountsWorld;
beforeAll(async () => {
  world = await accountsWorld();
});
afterAll(() => world.database.drop());

function run(about: NoticeProcess, onSpawn: (pid: number) => void = () => undefined): Promise<number | string> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(about)], { stdio: ["ignore", "ignore", "inherit"] });
  onSpawn(child.pid!);
  return new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code ?? -1)));
}

/** All that a gateway does at notices, until the answer to its statement `killAt`. @returns whether there was such a statement */
async function dieInProcess(config: pg.PoolConfig, now: number, killAt: number): Promise<boolean> {
  let died: () => void = () => undefined;
  const dead = new Promise<true>((resolve) => {
    died = () => resolve(true);
  });
  const clients = new Set<pg.Client>();
  const { Client } = dyingClients(killAt, died);
  const pool = new pg.Pool({ ...config, Client });
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    clients.add(client as unknown as pg.Client);
  });
  const ending = new AbortController();
  const work = async () => {
    await tellOfEvents({ pool });
    await tellOfState({ pool, balanceOf: async () => ({ balance: 0n, coins: 0n }) }, now);
    const context = { pool, clock: { now: () => now }, mailer: undefined, homeSecret: HOME_SECRET, allowPrivate: true };
    await deliverNotices({ ...context, signal: ending.signal });
    return false as const;
  };
  const ended = await Promise.race([dead, work()]);
  ending.abort();
  // The database sees what it sees of a killed process: a connection that is cut.
  for (const client of clients) (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
  return ended;
}

describe("a gateway that is killed while it tells and delivers", () => {
  it("has told each thing once, and delivered it at least once with one id, whichever statement was its last", async () => {
    const { pool, database, clock } = world;
    let victim: number | undefined;
    const receiver = await webhookReceiver((_, response) => {
      // Killed when the receiver has it and the sender does not know.
      if (victim === undefined) response.writeHead(200).end();
      else process.kill(victim, "SIGKILL");
    });
    await addWebhook(world, {
      account: HOME_ACCOUNT,
      url: receiver.url,
      label: "",
      homeSecret: HOME_SECRET,
      allowPrivate: true,
    });
    const start = clock.now();
    const endsAt = start + 20 * DAY;
    await storeDeals(pool, { account: HOME_ACCOUNT, id: "a".repeat(32), deals: ["0xdeal"], endsAt });
    await fundWallet(pool, { account: HOME_ACCOUNT, address: `0x${"8".repeat(40)}`, left: 0n });
    await pool.query(
      `insert into accounts.notice_settings (account, settings) values ($1, jsonb_build_object('kinds', '{"expiry": {"frequency": "daily",
         "channels": ["console", "webhook"]}}'::jsonb))`,
      [HOME_ACCOUNT],
    );
    let happened = 0;
    const happen = async () => {
      happened += 1;
      await recordEvents(pool, [
        { account: HOME_ACCOUNT, kind: "password-set-by-operator", severity: "warning", message: `time ${happened}` },
      ]);
    };
    const rest = async () => {
      // What the killed one had taken is free again after its turn's time.
      clock.advance(TURN_SECONDS + 60);
      await tellOfEvents({ pool });
      await tellOfState({ pool, balanceOf: async () => ({ balance: 0n, coins: 0n }) }, clock.now());
      const signal = new AbortController().signal;
      await deliverNotices({ ...world, mailer: undefined, homeSecret: HOME_SECRET, allowPrivate: true, signal });
    };
    let days = 0;
    const nextDay = async () => {
      // A new day has a notice of the deal and one of the wallet, beside what happened.
      clock.advance(DAY - TURN_SECONDS - 60);
      days += 1;
      await pool.query("update catalog.deals set ends_at = $1", [clock.now() + 20 * DAY]);
      await happen();
    };
    // At each statement: its connections are cut, and nothing goes on.
    let last = 0;
    for (let killAt = 1; ; killAt += 1) {
      await nextDay();
      last = killAt;
      const died = await dieInProcess(database.config, clock.now(), killAt);
      await rest();
      if (!died) break;
    }
    expect(last).toBeGreaterThan(30);
    // And by SIGKILL: early, in the middle, and when the receiver has it and the sender does not know.
    for (const killAt of [7, 20, 0]) {
      await nextDay();
      const about = { database: database.config, now: clock.now(), killAt, homeSecret: HOME_SECRET };
      const end = run(about, (pid) => {
        if (killAt === 0) victim = pid;
      });
      expect(await end).toBe("SIGKILL");
      victim = undefined;
      await rest();
    }

    const { rows } = await pool.query(
      `select kind, count(*)::int as told, count(distinct (subject, period))::int as things from accounts.told group by kind order by kind`,
    );
    expect(rows).toEqual([
      { kind: "account", told: happened, things: happened },
      { kind: "balance-low", told: days, things: days },
      // The deposit that the wallet began with was before all this.
      { kind: "deposit", told: 1, things: 1 },
      { kind: "expiry", told: days, things: days },
    ]);
    const notices = await pool.query("select count(*)::int as n from accounts.notices");
    expect(notices.rows[0].n).toBe(happened + 2 * days + 1);
    const deliveries = await pool.query("select id, notice::int, state from accounts.deliveries");
    expect(new Set(deliveries.rows.map(({ state }) => state))).toEqual(new Set(["delivered"]));
    const ids = new Map(
      receiver.received.map(({ headers, body }) => [headers["webhook-id"], JSON.parse(body).data.id]),
    );
    expect(ids).toEqual(new Map(deliveries.rows.map(({ id, notice }) => [id, notice])));
    expect(new Set(ids.values()).size).toBe(notices.rows[0].n);
    // What was sent and not known to be came again, as the same.
    expect(receiver.received.length).toBeGreaterThan(ids.size);
    await receiver.close();
  });
});
