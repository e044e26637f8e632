import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT, plain, type Surface, type Typed, typeLine } from "./support/outside.ts";

const MINUTES = 60_000;
const CAIRN = "node bin/cairn.mjs";

/** The commands of the README's tour, as they are written there. */
function commandsOfTheTour(): string[] {
  const readme = readFileSync(join(CHECKOUT, "README.md"), "utf8");
  const tour = /\n## A tour[^\n]*\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
  const lines = [...tour.matchAll(/^ {4}(.+)$/gm)].map(([, line]) => line ?? "");
  const inline = [...tour.matchAll(/`(node bin\/cairn\.mjs [^`]+)`/g)].map(([, line]) => line ?? "");
  return [...lines, ...inline];
}

const SURFACES: Surface[] = ["pipe", "terminal"];
/** The demo takes minutes, and is the same whoever watches: on a terminal it runs where asked for. */
const DEMO_ON: readonly Surface[] = process.env.CAIRN_TOUR === "terminal" ? SURFACES : ["pipe"];

describe.each<Surface>(SURFACES)("the README's tour on a %s", (surface) => {
  const home = mkdtempSync(join(tmpdir(), "cairn-tour-"));
  const left = commandsOfTheTour();
  const running = new Set<Typed>();
  let network: Typed;

  const start = (line: string, at = home): Typed => {
    const typed = typeLine(line, at, surface);
    running.add(typed);
    typed.ended.then(
      () => running.delete(typed),
      () => running.delete(typed),
    );
    return typed;
  };
  /** The one command of the tour that begins so, with its files under this test's home. */
  const fromTheTour = (beginning: string): string => {
    const at = left.findIndex((line) => line.startsWith(beginning));
    expect(at, `${beginning} in ${left.join("; ")}`).toBeGreaterThanOrEqual(0);
    return (left.splice(at, 1)[0] ?? "").replaceAll("/tmp/", `${home}/`);
  };
  /** Run to its end, answering what a terminal is asked; its words. */
  const run = async (line: string, at = home): Promise<string> => {
    const typed = start(line, at);
    if (surface === "terminal")
      typed.shows(/\[y\/n\] /).then(
        () => typed.type("y\n"),
        () => undefined,
      );
    const code = await typed.ended;
    expect(code, `${line}\n${typed.text()}\n${typed.errors()}`).toBe(0);
    return plain(typed.text());
  };
  const stop = async (typed: Typed): Promise<number> => {
    typed.interrupt();
    return typed.ended;
  };

  beforeAll(async () => {
    mkdirSync(join(home, "Pictures/2026/beach"), { recursive: true });
    writeFileSync(join(home, "Pictures/2026/beach/dog.jpg"), randomBytes(300_000));
    writeFileSync(join(home, "Pictures/2026/été \u0007.txt"), "bell\n");
    network = start(`${fromTheTour("npm start")} -- --port 0 --profile demo`);
    await network.shows(/^ready http:\/\/127\.0\.0\.1:\d+/m);
  }, 10 * MINUTES);

  afterAll(async () => {
    for (const typed of running) typed.interrupt();
    await Promise.all([...running].map(({ ended }) => ended));
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }, 5 * MINUTES);

  it("stores a folder and shows what became of it", { timeout: 10 * MINUTES }, async () => {
    expect(await run(fromTheTour(`${CAIRN} put`))).toContain("2026");
    expect(await run(fromTheTour(`${CAIRN} ls`))).toMatch(/^2026 .* STORED /m);
    expect(await run(fromTheTour(`${CAIRN} show 2026 `))).toMatch(/0x[0-9a-f]{8}/);
    expect((await run(fromTheTour(`${CAIRN} providers`))).match(/^0x/gm)).toHaveLength(6);
    expect(await run(fromTheTour(`${CAIRN} status`))).toContain("All is well.");
    expect(await run(fromTheTour(`${CAIRN} check 2026`))).toContain("4");
    expect(await run(fromTheTour(`${CAIRN} check 2026 --full`))).toContain("4");
    await run(fromTheTour(`${CAIRN} key export`));
  });

  it("rebuilds what two killed providers held, and gives everything back", { timeout: 20 * MINUTES }, async () => {
    const { slots } = JSON.parse(await run(`${CAIRN} show 2026 --json`)) as { slots: { provider: string }[] };
    const { processes } = JSON.parse(await run(`${CAIRN} status --json`)) as {
      processes: { pid: number; provider: string | null }[];
    };
    const holders = slots.slice(0, 2).map(({ provider }) => provider);
    for (const { pid } of processes.filter(({ provider }) => holders.includes(provider ?? ""))) {
      execFileSync("kill", ["-9", String(pid)]);
    }
    const get = fromTheTour(`${CAIRN} get 2026 `);
    await run(get);
    const events = start(fromTheTour(`${CAIRN} events --follow`));
    await events.shows(/rebuilt[\s\S]*rebuilt/i, 900);
    expect(await stop(events)).toBe(130);
    await run(get.replaceAll("/back", "/afterwards"));
    await run(fromTheTour(`${CAIRN} get 2026/beach/dog.jpg`));
    expect(readFileSync(join(home, "dog.jpg"))).toEqual(readFileSync(join(home, "Pictures/2026/beach/dog.jpg")));
  });

  it("farms for the Storj door", { timeout: 10 * MINUTES }, async () => {
    const farmer = start(fromTheTour(`${CAIRN} farmer`));
    await farmer.shows(/contract/i);
    expect(await stop(farmer)).toBe(0);
  });

  it("takes a provider from outside", { timeout: 10 * MINUTES }, async () => {
    const url = /ready (\S+)/.exec(network.text())?.[1];
    const provider = start(`${CAIRN} provider --gateway ${url} --directory ${home}/outside --capacity 1GB`);
    const [, address] = await provider.shows(/(0x[0-9a-fA-F]{40})/);
    expect(await run(`${CAIRN} providers --json`)).toContain((address ?? "").toLowerCase());
    expect(await stop(provider)).toBe(0);
    expect(provider.text() + provider.errors()).not.toMatch(/^\{/m);
  });

  it("recovers on an empty home", { timeout: 15 * MINUTES }, async () => {
    const empty = join(home, "empty");
    mkdirSync(empty);
    const { chain } = JSON.parse(await run(`${CAIRN} status --json`)) as { chain: { url: string } };
    await run(`${CAIRN} key import ${home}/cairn-account.json`, empty);
    const other = start(`env CAIRN_CHAIN_URL=${chain.url} ${CAIRN} up --providers 0 --profile demo --port 0`, empty);
    await other.shows(/^ready /m);
    expect(await run(`${CAIRN} recover`, empty)).toContain("Recovered 2026");
    await run(`${CAIRN} get 2026 ${empty}/back && diff -r ${home}/Pictures/2026 ${empty}/back`, empty);
    expect(await stop(other)).toBe(0);
  });

  it("ends with its network, and runs the demo", { timeout: 20 * MINUTES }, async () => {
    if (surface === "terminal") network.interrupt();
    else network.child.kill("SIGTERM");
    await network.ended;
    expect(typeof (await start(`${CAIRN} status`).ended)).toBe("number");
    const demo = fromTheTour(`${CAIRN} demo`);
    if (DEMO_ON.includes(surface)) expect(await run(demo)).toMatch(/identical[\s\S]*Done in/);
    expect(left, "commands of the tour that nothing ran").toEqual([]);
  });
});
