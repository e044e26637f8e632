import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { CairnError } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  addJob,
  cancelJob,
  catalogMigrations,
  ensureAccount,
  findJob,
  forgetJobs,
  type Job,
  pageJobs,
  retryJob,
} from "../index.ts";
import { type JobHandler, runJobs } from "./run-jobs.ts";

const COUNTER = fileURLToPath(new URL("./testing/count-steps.ts", import.meta.url));

let database: TestDatabase;
let running: { stop: AbortController; ended: Promise<void> }[];
const children = new Set<ChildProcess>();
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  for (const account of ["anna", "bert"]) await ensureAccount(database.pool, account);
  running = [];
});
afterEach(async () => {
  for (const { stop } of running) stop.abort();
  await Promise.all(running.map(({ ended }) => ended));
  for (const child of children) child.kill("SIGKILL");
  await database.drop();
});

function start(kinds: Record<string, JobHandler>, atOnce = 8): void {
  const stop = new AbortController();
  const log = { warn: () => undefined };
  running.push({ stop, ended: runJobs({ pool: database.pool, kinds, signal: stop.signal, log, atOnce }) });
}

const add = (id: string, request: unknown = {}, account = "anna", kind = "work"): Promise<Job> =>
  addJob(database.pool, { id, account, kind, request });
const stateOf = async (id: string, account = "anna") => (await findJob(database.pool, { id, account })).state;
const PATIENCE = { timeout: 30_000, interval: 50 };

describe("jobs", () => {
  it("are worked at once each, by whichever of two has a place, and end with what came of them", async () => {
    const worked: string[] = [];
    const work: JobHandler = async (job) => {
      worked.push(job.id);
      return { done: { twice: 2 * (job.request as { n: number }).n } };
    };
    start({ work }, 2);
    start({ work }, 2);
    for (let n = 0; n < 20; n++) await add(`job ${n}`, { n });
    await add("job 3", { n: 3 });
    const states = async () => (await pageJobs(database.pool, { account: "anna" })).rows.map(({ state }) => state);
    await expect.poll(async () => new Set(await states()), PATIENCE).toEqual(new Set(["done"]));
    expect(worked.toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `job ${n}`).toSorted());
    expect(await findJob(database.pool, { id: "job 7", account: "anna" })).toMatchObject({
      result: { twice: 14 },
      error: null,
    });
  });

  it("are tried again after what may pass, with what they had saved, and fail with what does not", async () => {
    const seen: unknown[] = [];
    start({
      async work(job, { save }) {
        seen.push(job.progress);
        if (job.id === "bad")
          throw new CairnError("no such folder", { code: "bad-request", kind: "input", next: "Name one." });
        const { turns = 0 } = job.progress as { turns?: number };
        await save({ turns: turns + 1 });
        if (turns === 0)
          throw new CairnError("the gateway is busy", { code: "busy", kind: "unavailable", next: "Wait." });
        return turns === 1 ? { again: 0 } : { done: turns };
      },
    });
    await add("good");
    await expect.poll(() => stateOf("good"), PATIENCE).toBe("done");
    expect(seen).toEqual([{}, { turns: 1 }, { turns: 2 }]);
    await add("bad");
    await expect.poll(() => stateOf("bad"), PATIENCE).toBe("failed");
    const { error } = await findJob(database.pool, { id: "bad", account: "anna" });
    expect(error).toMatchObject({ code: "bad-request", message: "no such folder", next: "Name one." });
  });

  it("stop when they are cancelled, and nothing that they do then is kept", async () => {
    let lost: unknown;
    start({
      work: (_job, { signal, save }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            save({ late: true }).catch((error: unknown) => (lost = error));
            reject(signal.reason);
          }),
        ),
    });
    await add("long");
    await expect.poll(() => stateOf("long"), PATIENCE).toBe("running");
    expect(await cancelJob(database.pool, { id: "long", account: "anna" })).toMatchObject({ state: "cancelled" });
    await expect.poll(() => lost, PATIENCE).toBeInstanceOf(Error);
    expect(await findJob(database.pool, { id: "long", account: "anna" })).toMatchObject({
      progress: {},
      state: "cancelled",
    });
    await expect(cancelJob(database.pool, { id: "long", account: "bert" })).rejects.toMatchObject({
      code: "unknown-job",
    });
  });

  it("that failed begin anew when they are asked to, and none that is done does", async () => {
    let turns = 0;
    start({
      work: async () => {
        turns += 1;
        if (turns === 1) throw new CairnError("not yet", { code: "path-stalled", kind: "conflict" });
        return { done: turns };
      },
    });
    await add("twice");
    await expect.poll(() => stateOf("twice"), PATIENCE).toBe("failed");
    await expect(retryJob(database.pool, { id: "twice", account: "bert" })).rejects.toMatchObject({
      code: "unknown-job",
    });
    expect(await retryJob(database.pool, { id: "twice", account: "anna" })).toMatchObject({ error: null, attempts: 0 });
    await expect.poll(() => stateOf("twice"), PATIENCE).toBe("done");
    expect(await retryJob(database.pool, { id: "twice", account: "anna" })).toMatchObject({ state: "done", result: 2 });
  });

  it("of one account hold up no other account's", async () => {
    const held = new AbortController();
    start({
      work: async (job) => {
        if (job.account === "anna" && !held.signal.aborted) await once(held.signal, "abort");
        return { done: null };
      },
    });
    for (let n = 0; n < 30; n++) await add(`many ${n}`);
    await add("one", {}, "bert");
    await expect.poll(() => stateOf("one", "bert"), PATIENCE).toBe("done");
    expect(await stateOf("many 29")).toBe("queued");
    held.abort();
    await expect.poll(() => stateOf("many 29"), PATIENCE).toBe("done");
  });

  it("of two accounts that never end leave places for a third one", async () => {
    await ensureAccount(database.pool, "cora");
    start({
      work: async (job, { signal }) => {
        if (job.account !== "cora" && !signal.aborted) await once(signal, "abort");
        return job.account === "cora" ? { done: null } : { again: 0 };
      },
    });
    for (let n = 0; n < 10; n++) for (const account of ["anna", "bert"]) await add(`${account} ${n}`, {}, account);
    await expect
      .poll(
        async () => (await database.pool.query("select from catalog.jobs where state = 'running'")).rowCount,
        PATIENCE,
      )
      .toBeGreaterThanOrEqual(6);
    await add("one", {}, "cora");
    await expect.poll(() => stateOf("one", "cora"), PATIENCE).toBe("done");
  });

  it("wait for a limit that frees, by its own word, and end when their process ended too often", async () => {
    const freesAt = Math.floor(Date.now() / 1000) + 500;
    start({
      async work() {
        throw new CairnError("60 of 60 in this hour", {
          code: "limit-reached",
          kind: "exhausted",
          details: { freesAt },
          next: "Wait.",
        });
      },
    });
    await add("limited");
    await expect
      .poll(async () => (await findJob(database.pool, { id: "limited", account: "anna" })).error, PATIENCE)
      .toMatchObject({
        code: "limit-reached",
      });
    const { rows } = await database.pool.query(
      "select state, extract(epoch from due_at)::float8 as due from catalog.jobs where id = 'limited'",
    );
    expect(rows[0].state).toBe("queued");
    expect(rows[0].due).toBeGreaterThan(freesAt - 30);
    await add("worn");
    // Between its turns, whichever that is.
    const wear = () =>
      database.pool.query(
        "update catalog.jobs set attempts = 100, due_at = now() where id = 'worn' and state = 'queued' and attempts < 100",
      );
    await expect.poll(async () => (await wear()).rowCount, PATIENCE).toBe(1);
    await expect.poll(() => stateOf("worn"), PATIENCE).toBe("failed");
  });

  it("keep nothing of a turn that was lost and taken again, whoever took it", async () => {
    const turns: ((value: unknown) => void)[] = [];
    const saved: unknown[] = [];
    start({
      async work(job, { save }) {
        const turn = turns.length + 1;
        await new Promise((resolve) => turns.push(resolve));
        await save({ turn }).catch((error: unknown) => saved.push([turn, error]));
        return { done: { turn, attempts: job.attempts } };
      },
    });
    await add("lost");
    await expect.poll(() => turns.length, PATIENCE).toBe(1);
    await database.pool.query(
      "update catalog.jobs set held_until = now() - interval '1 second', holder = 'another' where id = 'lost'",
    );
    await expect.poll(() => turns.length, PATIENCE).toBe(2);
    turns[0]!(undefined);
    await expect.poll(() => saved, PATIENCE).toHaveLength(1);
    expect(await stateOf("lost")).toBe("running");
    turns[1]!(undefined);
    await expect.poll(() => stateOf("lost"), PATIENCE).toBe("done");
    expect((await findJob(database.pool, { id: "lost", account: "anna" })).result).toMatchObject({ turn: 2 });
  });

  it("take what the database cannot keep as text out of what was asked", async () => {
    expect((await add("nul", { "a\0b": "c\0d" })).request).not.toEqual({ "a\0b": "c\0d" });
  });

  it("refuse an id that is another's, and more than an account may have open", async () => {
    await add("same");
    await expect(add("same", {}, "bert")).rejects.toMatchObject({ code: "job-exists" });
    await expect(add("same", {}, "anna", "other")).rejects.toMatchObject({ code: "job-exists" });
    await database.pool.query(
      "insert into catalog.jobs (id, account, kind, request) select 'x' || i, 'anna', 'work', '{}' from generate_series(1, 999) i",
    );
    await expect(add("one too many")).rejects.toMatchObject({ code: "too-many-jobs" });
    expect(await add("same")).toMatchObject({ state: "queued" });
    expect(await add("bert's", {}, "bert")).toMatchObject({ state: "queued" });
  });

  it("come in pages, and are forgotten some time after they ended", async () => {
    await database.pool.query(
      `insert into catalog.jobs (id, account, kind, request, state, created_at, changed_at)
       select lpad(i::text, 3, '0'), 'anna', 'work', '{}', case when i % 2 = 0 then 'done' else 'queued' end, timestamptz '2026-01-01' + i / 3 * interval '1 second',
         timestamptz '2026-01-01' from generate_series(1, 50) i`,
    );
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await pageJobs(database.pool, {
        account: "anna",
        limit: 7,
        ...(after === undefined ? {} : { after }),
      });
      ids.push(...page.rows.map(({ id }) => id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(ids).toEqual(Array.from({ length: 50 }, (_, i) => String(50 - i).padStart(3, "0")));
    expect((await pageJobs(database.pool, { account: "bert" })).rows).toEqual([]);
    await forgetJobs(database.pool, 60);
    const { rows } = await pageJobs(database.pool, { account: "anna" });
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(["queued"]));
  });

  it("are gone on with by another process when one is killed, from where they were", async () => {
    await database.pool.query("create table steps (job text, step integer, process integer)");
    const begin = () => {
      const child = spawn(process.execPath, [COUNTER, JSON.stringify(database.config)], { stdio: "ignore" });
      children.add(child);
      return child;
    };
    const jobs = ["a", "b", "c"];
    for (const id of jobs) await add(id, { steps: 400 }, "anna", "count");
    for (let kill = 0; kill < 3; kill++) {
      const child = begin();
      const before = await count();
      await expect.poll(count, PATIENCE).toBeGreaterThan(before + 60);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const last = begin();
    for (const id of jobs) await expect.poll(() => stateOf(id), { ...PATIENCE, timeout: 60_000 }).toBe("done");
    last.kill("SIGTERM");
    await once(last, "exit");
    const { rows } = await database.pool.query<{ job: string; steps: number; rows: number }>(
      "select job, count(distinct step)::int as steps, count(*)::int as rows from steps group by job order by job",
    );
    expect(rows.map(({ job, steps }) => [job, steps])).toEqual(jobs.map((id) => [id, 400]));
    // A kill between a step and its saving has that one step done again, and no other.
    for (const { rows: written } of rows) expect(written).toBeLessThanOrEqual(403);
  });

  async function count(): Promise<number> {
    return (await database.pool.query("select count(*)::int as n from steps")).rows[0].n;
  }
});
