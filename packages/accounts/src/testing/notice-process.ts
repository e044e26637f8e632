import pg from "pg";
import { tellOfEvents, tellOfState } from "../notices/decide/decide-notices.ts";
import { deliverNotices } from "../notices/deliver/deliver-notices.ts";
import { dyingClients } from "./dying-client.ts";

/** A gateway's work at notices as a process of its own, which kills itself after the answer to a statement, or is killed: `notice-process.ts JSON`. */
export interface NoticeProcess {
  database: pg.PoolConfig;
  now: number;
  /** 0: at none. */
  killAt: number;
  homeSecret: string;
}

const { database, now, killAt, homeSecret } = JSON.parse(process.argv[2] ?? "") as NoticeProcess;
const { Client } = dyingClients(killAt, () => process.kill(process.pid, "SIGKILL"));
const pool = new pg.Pool({ ...database, Client });
const clock = { now: () => now };
await tellOfEvents({ pool });
await tellOfState({ pool, balanceOf: async () => ({ balance: 0n, coins: 0n }) }, now);
const signal = new AbortController().signal;
await deliverNotices({ pool, clock, mailer: undefined, homeSecret, allowPrivate: true, signal });
await pool.end();
