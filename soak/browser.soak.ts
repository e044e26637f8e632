import { execFileSync } from "node:child_process";
import { createCipheriv, randomBytes } from "node:crypto";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { importKey } from "../apps/console/test/support/browser-key.ts";
import { openConsole, type TestConsole } from "../apps/console/test/support/console.ts";
import { dropFolder } from "../apps/console/test/support/photos.ts";

/** CAIRN_SOAK_BYTES: of the one large file. CAIRN_SOAK_FILES: how many small ones the other folder has. */
const BYTES = Number(process.env.CAIRN_SOAK_BYTES ?? 5 * 2 ** 30);
const FILES = Number(process.env.CAIRN_SOAK_FILES ?? 10_000);
const LARGEST_SMALL = 20_000;
const IN_A_FOLDER = 100;
/** Source, spool, shards (n/k = 2) and what comes back. */
const DISK_BYTES = 5 * (BYTES + FILES * LARGEST_SMALL);
/** Whatever the size: the tab with its workers, the browser that holds what is being sent, the gateway. */
const MOST_BYTES = { renderer: 700e6, browser: 500e6, gateway: 700e6 };
const LONG = { timeout: 4 * 3_600_000 };
const LOOK_MILLISECONDS = 500;

let console: TestConsole;
let page: Awaited<ReturnType<TestConsole["at"]>>;
const directory = mkdtempSync(join(tmpdir(), "cairn-browser-soak-"));
const say = (text: string) => process.stdout.write(`${text}\n`);

beforeAll(async () => {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < DISK_BYTES) throw new Error(`this takes ${DISK_BYTES / 1e9} GB, and ${directory} has less`);
  console = await openConsole({ profile: "local" });
  const { code, stderr } = await console.network.cli("key", "create");
  expect(code, stderr).toBe(0);
  page = await console.at("/");
  await importKey(console, page, directory);
});
afterAll(async () => {
  await console?.closePages();
  await console?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function makeLarge(folder: string): Promise<void> {
  mkdirSync(folder);
  const cipher = createCipheriv("aes-256-ctr", randomBytes(32), randomBytes(16));
  const zeros = Buffer.alloc(1 << 20);
  const noise = async function* () {
    for (let left = BYTES; left > 0; left -= zeros.length) yield cipher.update(zeros.subarray(0, left));
  };
  await pipeline(noise, createWriteStream(join(folder, "large")));
}

async function makeMany(folder: string): Promise<void> {
  for (let number = 0; number < FILES; number += 1) {
    const below = join(folder, `folder ${Math.floor(number / IN_A_FOLDER)}`);
    if (number % IN_A_FOLDER === 0) mkdirSync(below, { recursive: true });
    writeFileSync(join(below, `file ${number}`), randomBytes((number * 7919) % LARGEST_SMALL));
  }
}

type Part = keyof typeof MOST_BYTES;

/** Most memory of its own that each part had at once, until it is ended. */
async function watchMemory(): Promise<() => Record<Part, number>> {
  const session = await page.context().browser()!.newBrowserCDPSession();
  const most: Record<Part, number> = { renderer: 0, browser: 0, gateway: 0 };
  const look = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const { children } = await console.network.run();
    const pids: [string, number][] = [
      ...processInfo.map(({ type, id }): [string, number] => [type, id]),
      ["gateway", children.find(({ name }) => name === "gateway")?.pid ?? 0],
    ];
    for (const part of ["renderer", "browser", "gateway"] as const) {
      const sum = pids.reduce((bytes, [type, pid]) => (type === part ? bytes + ownBytes(pid) : bytes), 0);
      most[part] = Math.max(most[part], sum);
    }
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MILLISECONDS);
  return () => {
    clearInterval(timer);
    void session.detach();
    return most;
  };
}

/** proc_pid_status(5): memory that no file backs, shared parts of it included. */
function ownBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].reduce((sum, [, kb]) => sum + 1024 * Number(kb), 0);
}

it.each([
  ["many", makeMany],
  ["large", makeLarge],
] as const)(
  "a folder of %s is stored from the browser within its memory, and comes back as it was",
  async (name, make) => {
    const folder = join(directory, name);
    await make(folder);
    const over = await watchMemory();
    const began = performance.now();
    const seconds = () => ((performance.now() - began) / 1000).toFixed(0);
    await dropFolder(page, folder);
    const card = page.getByRole("region", { name, exact: true });
    await card.getByRole("button", { name: "Encrypt and send" }).click(LONG);
    await card.getByRole("button", { name: "Agree and store" }).waitFor(LONG);
    say(`${name}: encrypted, sent and quoted after ${seconds()} s`);
    await card.getByRole("button", { name: "Agree and store" }).click();
    await card
      .getByText(`${name} is stored: every copy is in place and proved.`)
      .or(card.locator(".problem"))
      .waitFor(LONG);
    const most = over();
    say(
      `${name}: ${await card.locator(".state, .problem").first().textContent()} after ${seconds()} s; ${JSON.stringify(most)} bytes of memory at most`,
    );
    const back = join(directory, `${name} back`);
    const got = await console.network.cli("get", name, back);
    expect(got.code, got.stderr).toBe(0);
    say(`${name}: back after ${seconds()} s`);
    expect(execFileSync("diff", ["-rq", folder, back]).toString()).toBe("");
    for (const part of ["renderer", "browser", "gateway"] as const) {
      expect([part, Math.min(most[part], MOST_BYTES[part])]).toEqual([part, most[part]]);
    }
    rmSync(back, { recursive: true });
    rmSync(folder, { recursive: true });
    expect(console.complaints).toEqual([]);
  },
);
