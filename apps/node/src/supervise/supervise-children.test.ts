import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning, type ProcessIdentity, processIdentity } from "@cairn/process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { lockHome } from "./lock-home.ts";
import { type ProcessUnitOptions, processUnit } from "./process-unit.ts";
import { type SupervisedUnit, type Supervisor, superviseChildren, type UnitEvent } from "./supervise-children.ts";

const fixtures = join(import.meta.dirname, "../../test/supervise");
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "cairn-home-"));
  undo.push(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

async function supervise(home: string, events: UnitEvent[] = []): Promise<Supervisor> {
  const supervisor = await superviseChildren({
    record: join(home, "children.json"),
    onEvent: (event) => events.push(event),
    pauses: { first: 30, longest: 200, steady: 5_000 },
  });
  undo.push(() => supervisor.stop());
  return supervisor;
}

const unit = (home: string, name: string, args: string[] = [], more: Partial<ProcessUnitOptions> = {}) =>
  processUnit({ name, restart: true, module: join(fixtures, "child.ts"), args, logs: join(home, "logs"), ...more });

const logOf = (home: string, name: string) => readFileSync(join(home, "logs", `${name}.log`), "utf8");

function identities(units: SupervisedUnit[]): ProcessIdentity[] {
  return units.map(({ pid }) => processIdentity(Number(pid)) ?? { pid: 0, start: "missing" });
}

describe("superviseChildren", () => {
  it("starts units, hands them their input, and stops them in reverse order", async () => {
    const home = newHome();
    const events: UnitEvent[] = [];
    const supervisor = await supervise(home, events);
    await supervisor.start(unit(home, "first", [], { input: "a secret word" }));
    const [ready] = await supervisor.start(unit(home, "second"), unit(home, "third"));
    expect(ready).toMatchObject({ ready: true, port: 1234 });
    expect(supervisor.units().map(({ name, state }) => [name, state])).toEqual([
      ["first", "running"],
      ["second", "running"],
      ["third", "running"],
    ]);
    const running = identities(supervisor.units());
    await expect.poll(() => logOf(home, "first")).toContain("heard a secret word");
    await expect(supervisor.start(unit(home, "first"))).rejects.toMatchObject({ code: "unit-exists" });
    await supervisor.stop();
    await supervisor.stop();
    expect(running.some(isRunning)).toBe(false);
    expect(logOf(home, "first")).toContain("stopping in order");
    const ended = events.filter(({ event }) => event === "ended").map(({ name }) => name);
    expect(ended.at(-1)).toBe("first");
    expect(ended).toHaveLength(3);
    expect(existsSync(join(home, "children.json"))).toBe(false);
    await expect(supervisor.start(unit(home, "late"))).rejects.toMatchObject({ code: "stopping" });
  });

  it("restarts what is marked so, with a growing pause, and leaves the rest ended", async () => {
    const home = newHome();
    const events: UnitEvent[] = [];
    const supervisor = await supervise(home, events);
    await supervisor.start(unit(home, "again"), unit(home, "once", [], { restart: false }));
    for (const round of [1, 2, 3]) {
      const before = supervisor.units();
      process.kill(Number(before[0]?.pid), "SIGKILL");
      if (round === 1) process.kill(Number(before[1]?.pid), "SIGKILL");
      await expect
        .poll(() => supervisor.units()[0], { timeout: 10_000 })
        .toMatchObject({ state: "running", restarts: round });
    }
    expect(supervisor.units()[1]).toMatchObject({ name: "once", state: "ended" });
    const pauses = events.flatMap((event) =>
      event.event === "ended" && event.name === "again" ? [event.restartsInMilliseconds] : [],
    );
    expect(pauses).toEqual([30, 60, 120]);
  });

  it("keeps its children, and restarts them, while nothing can be written of them", async () => {
    const home = newHome();
    // Stands where the record is written, as a full disk would.
    mkdirSync(join(home, "children.json.new"));
    const events: UnitEvent[] = [];
    const supervisor = await supervise(home, events);
    await supervisor.start(unit(home, "first"));
    expect(events.some(({ event }) => event === "unrecorded")).toBe(true);
    const [before] = supervisor.units();
    process.kill(Number(before?.pid), "SIGKILL");
    await vi.waitFor(() => expect(supervisor.units()[0]).toMatchObject({ state: "running", restarts: 1 }), 60_000);
    rmSync(join(home, "children.json.new"), { recursive: true });
    await supervisor.start(unit(home, "second"));
    expect(JSON.parse(readFileSync(join(home, "children.json"), "utf8"))).toHaveLength(2);
  });

  it("tells why one does not start, and keeps nothing of its tier", async () => {
    const home = newHome();
    const supervisor = await supervise(home);
    const failure = supervisor.start(unit(home, "good"), unit(home, "bad", ["dies-first"]));
    await expect(failure).rejects.toMatchObject({
      code: "child-not-ready",
      message: expect.stringContaining("exit code 3"),
      details: { output: expect.stringContaining("cannot find my socks") },
    });
    expect(supervisor.units()).toEqual([]);
    await expect(supervisor.start(unit(home, "hung", ["hangs"], { readySeconds: 0.7 }))).rejects.toMatchObject({
      message: expect.stringContaining("not ready in time"),
    });
    await supervisor.start(unit(home, "bad"));
  });

  it("stops what does not listen, also while it starts", async () => {
    const home = newHome();
    const supervisor = await supervise(home);
    await supervisor.start(unit(home, "good"));
    await supervisor.start(unit(home, "stubborn", ["stubborn"]));
    const hung = supervisor.start(unit(home, "hung", ["hangs"]));
    const refused = expect(hung).rejects.toMatchObject({ code: "child-not-ready" });
    const running = identities(supervisor.units().filter(({ pid }) => pid));
    await supervisor.stop();
    await refused;
    expect(running).toHaveLength(2);
    expect(running.some(isRunning)).toBe(false);
  });

  it("stops one for good", async () => {
    const home = newHome();
    const supervisor = await supervise(home);
    await supervisor.start(unit(home, "a"), unit(home, "b"));
    await supervisor.stopUnit("a");
    expect(supervisor.units().map(({ state }) => state)).toEqual(["ended", "running"]);
  });

  it("keeps log files within their size", async () => {
    const home = newHome();
    const supervisor = await supervise(home);
    await supervisor.start(unit(home, "chatty", ["chatty"], { logBytes: 20_000 }));
    const logs = join(home, "logs");
    await expect.poll(() => readdirSync(logs).length, { timeout: 10_000 }).toBe(4);
    await supervisor.stop();
    expect(readdirSync(logs).toSorted()).toEqual(["chatty.log", "chatty.log.1", "chatty.log.2", "chatty.log.3"]);
    for (const name of readdirSync(logs)) expect(statSync(join(logs, name)).size).toBeLessThanOrEqual(70_000);
  });
});

async function startSupervisor(home: string): Promise<{ process: ChildProcess; children: ProcessIdentity[] }> {
  const supervisor = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(fixtures, "supervisor.ts"), home],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  undo.push(() => supervisor.kill("SIGKILL"));
  const [line] = (await once(supervisor.stdout.setEncoding("utf8"), "data")) as [string];
  return { process: supervisor, children: identities(JSON.parse(line) as SupervisedUnit[]) };
}

describe("a killed supervisor", () => {
  it("takes its children and the database with it, even a child that does not listen", async () => {
    const home = newHome();
    const { process: supervisor, children } = await startSupervisor(home);
    expect(children.map(isRunning)).toEqual([true, true, true]);
    supervisor.kill("SIGKILL");
    await expect.poll(() => children.some(isRunning), { timeout: 60_000 }).toBe(false);
    expect(logOf(home, "plain")).not.toContain("EPIPE");
  });

  it("leaves a home that can be used at once", async () => {
    const home = newHome();
    const first = await startSupervisor(home);
    first.process.kill("SIGKILL");
    await once(first.process, "exit");
    const second = await startSupervisor(home);
    expect(first.children.some(isRunning)).toBe(false);
    expect(second.children.map(isRunning)).toEqual([true, true, true]);
    second.process.kill("SIGTERM");
    await once(second.process, "exit");
    expect(second.children.some(isRunning)).toBe(false);
  });

  it("refuses a home that is in use, naming the process", async () => {
    const home = newHome();
    const { process: supervisor } = await startSupervisor(home);
    expect(() => lockHome(home)).toThrowError(
      expect.objectContaining({ code: "home-in-use", message: expect.stringContaining(`process ${supervisor.pid}`) }),
    );
    supervisor.kill("SIGKILL");
    await once(supervisor, "exit");
    lockHome(home).release();
  });
});

describe("lockHome", () => {
  it("says what is wrong with a home that cannot be made", () => {
    expect(() => lockHome(join(import.meta.filename, "home"))).toThrowError(
      expect.objectContaining({ code: "home-unusable" }),
    );
  });
});
