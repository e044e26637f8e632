import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { walkFolder } from "@cairn/archive";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensureAccount } from "../src/account/account.ts";
import { type Bend, Half, HELD, startMemoryGateway } from "../src/cli/testing/memory-gateway.ts";
import { serveHome } from "../src/cli/testing/serve-home.ts";
import { homeAt } from "../src/home/home.ts";
import { until } from "./support/network.ts";
import { CHECKOUT, typeLine } from "./support/outside.ts";

const CAIRN = `${process.execPath} --disable-warning=ExperimentalWarning ${join(CHECKOUT, "apps/node/src/main.ts")}`;
const CTRL_C = 130;
/** Each stage is a command of its own, of which a busy machine starts few a minute. */
const SLOW = { timeout: 600_000 };

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let folder: string;
let home: string;
let served: Awaited<ReturnType<typeof serveHome>>;
let source: string;

beforeAll(async () => {
  gateway = await startMemoryGateway();
  folder = await mkdtemp(join(tmpdir(), "cairn-interrupted-"));
  home = join(folder, "home");
  source = join(folder, "source");
  const at = homeAt(home);
  await ensureAccount(at);
  served = await serveHome(at, gateway.url);
  await mkdir(source);
  for (const name of ["a", "b", "c"]) await writeFile(join(source, name), randomBytes(90_000));
});
afterAll(async () => {
  await gateway?.stop();
  served?.release();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});
beforeEach(() => gateway.lie(undefined));

/** On a terminal whose settings are shown before and after. */
function typed(line: string) {
  const whole = `trap : INT && stty -g; ${CAIRN} ${line} --home ${home}; code=$?; stty -g; exit $code`;
  return typeLine(whole, folder, "terminal");
}

function assertRestored(text: string): void {
  const settings = [...text.matchAll(/^[0-9a-f]+(?::[0-9a-f]+){10,}/gm)].map(([shown]) => shown);
  expect(settings).toHaveLength(2);
  expect(settings[1]).toBe(settings[0]);
  expect(text.lastIndexOf("\x1b[?25h")).toBeGreaterThanOrEqual(text.lastIndexOf("\x1b[?25l"));
  expect(text).not.toContain("defect");
}

/** Resolves when the gateway is asked what it then leaves without an answer. */
function holding(...calls: string[]): Promise<void> {
  return new Promise((resolve) => {
    gateway.lie((one, answer) => {
      if (!calls.includes(one.call)) return answer;
      resolve();
      return HELD;
    });
  });
}

/** Type a command, and Ctrl-C when it has come so far. What it said, in one line. */
async function interrupted(line: string, reached: Promise<unknown> | RegExp): Promise<string> {
  const command = typed(line);
  await (reached instanceof RegExp ? command.shows(reached) : Promise.race([reached, early(command)]));
  command.interrupt();
  expect(await command.ended, command.text()).toBe(CTRL_C);
  assertRestored(command.text());
  // What the bar says is not looked at.
  return (command.text().split("\x1b[K").at(-1) ?? "").replace(/\s+/g, " ");
}

async function early(command: ReturnType<typeof typed>): Promise<never> {
  await command.ended;
  throw new Error(`it ended before it was interrupted\n${command.text()}`);
}

interface PutResult {
  id: string;
  state: string;
  resumed: { files: number; bytes: number } | null;
}

/** The same command again, whose result is read by a program. */
async function again(line: string): Promise<PutResult> {
  gateway.lie(undefined);
  const command = typeLine(`${CAIRN} ${line} --json --home ${home}`, folder, "pipe");
  expect(await command.ended, command.text()).toBe(0);
  return JSON.parse(command.text());
}

const ids = () => [...gateway.packages.keys()];

describe("Ctrl-C in put", SLOW, () => {
  it.each([
    ["before anything", "GET /network", ""],
    ["while the old package is looked for", "GET /packages", "--replace"],
  ])("%s says that nothing was sent", async (_, call, option) => {
    const before = ids();
    const said = await interrupted(`put ${source} --yes --name begin ${option}`, holding(call));
    expect(said).toContain("cairn: interrupted: nothing was sent, stored or paid Run the command again to store it.");
    expect(ids()).toEqual(before);
  });

  it("while it lists a folder ends between two entries", async () => {
    const many = join(folder, "many");
    await mkdir(many);
    for (let at = 0; at < 2000; at += 1) await writeFile(join(many, String(at)), "");
    const interruption = new AbortController();
    let seen = 0;
    const exclude = () => {
      seen += 1;
      interruption.abort();
      return false;
    };
    await expect(walkFolder(many, { exclude, signal: interruption.signal })).rejects.toBe(interruption.signal.reason);
    expect(seen).toBeLessThan(1000);
  });

  it.each<[string, string, string | RegExp, string, number | null]>([
    ["it opens the package", "open", "POST /packages", "--yes", null],
    ["it encrypts", "pack", /Encrypting and uploading \S+ [1-9]/, "--yes --bwlimit 20KiB", null],
    ["it uploads", "upload", "PUT /packages/:id/pieces/0", "--yes", null],
    ["the gateway computes commitments", "complete", "POST /packages/:id/complete", "--yes", 3],
    ["it waits for quotes", "quote", "POST /packages/:id/quote", "--yes", 3],
    ["it asks", "ask", /\[y\/n\]/, "", 3],
  ])("while %s says what is kept, and the same command goes on", async (_, name, stage, options, resumed) => {
    const line = `put ${source} --name ${name} ${options}`;
    const reached = typeof stage === "string" ? holding(stage) : stage;
    const said = await interrupted(line, reached);
    const id = ids().at(-1)!;
    expect(said).toContain("cairn: interrupted: nothing was stored and nothing was paid");
    expect(said).toContain(
      `Run the command again: it goes on with the files that were uploaded whole, kept for a day; one that was cut short is sent again. \`cairn rm ${id}\` drops it at once.`,
    );
    const result = await again(`put ${source} --name ${name}`);
    expect(result).toMatchObject({ id, state: "STORED" });
    if (resumed !== null) expect(result.resumed).toMatchObject({ files: resumed });
  });

  it("while it signs, and while it waits for the shards, says that it goes on without it", async () => {
    const signing = await interrupted(`put ${source} --yes --name sign`, holding("POST /packages/:id/commit"));
    const signed = ids().at(-1)!;
    expect(signing).toContain("interrupted: sign had been signed for already and is being handed over");
    expect(signing).toContain(`Follow it with \`cairn show ${signed}\`, or end it with \`cairn rm ${signed}\`.`);
    const placing: Bend = ({ call }, answer) =>
      call === "GET /packages/:id" && (answer as PutResult).state === "STORED"
        ? { ...(answer as object), state: "PLACING" }
        : answer;
    gateway.lie(placing);
    const waiting = await interrupted(`put ${source} --yes --name wait`, /Shards handed over/);
    const waited = ids().at(-1)!;
    expect(waiting).toContain("interrupted: wait is being handed over all the same");
    expect(waiting).toContain(`\`cairn show ${waited}\``);
  });

  it("while places are read back says that it is stored", async () => {
    const said = await interrupted(`put ${source} --yes --name back`, holding("POST /packages/:id/blocks"));
    expect(said).toContain("interrupted: back is stored, and was not read back here yet");
    expect(said).toContain(`\`cairn check ${ids().at(-1)!}\``);
  });

  it("when the gateway says nothing any more does not wait for it; a second one waits for nothing", async () => {
    const silent = ["POST /packages/:id/commit", "POST /packages/:id/abandon"];
    const unknown = await interrupted(`put ${source} --yes --name silent`, holding(...silent));
    expect(unknown).toContain("interrupted while silent was being agreed: whether it is stored is not known here");
    expect(unknown).toContain(`\`cairn show ${ids().at(-1)!}\` then says it`);
    const held = holding("POST /packages/:id/commit");
    const command = typed(`put ${source} --yes --name twice`);
    await Promise.race([held, early(command)]);
    const undoing = holding(...silent);
    command.interrupt();
    await Promise.race([undoing, early(command)]);
    // A terminal's Ctrl-C reaches the command twice under npm: those are one.
    await sleep(600);
    command.interrupt();
    expect(await command.ended).toBe(CTRL_C);
    assertRestored(command.text());
    expect(command.text()).toContain("cairn: interrupted again: ended at once");
    expect(command.text()).not.toContain("whether it is stored");
  });
});

describe("a put that is killed while it signs", SLOW, () => {
  /** Killed when its signature has come, or before that. */
  async function killed(name: string, options: string[], arrived: boolean): Promise<string> {
    const args = [...CAIRN.split(" ").slice(1), "put", source, "--yes", "--name", name, "--home", home, ...options];
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    const ended = once(child, "exit");
    const reached = new Promise<string>((resolve) => {
      gateway.lie(({ call, id }, answer) => {
        if (call !== "POST /packages/:id/commit") return answer;
        const held = gateway.packages.get(id!)!;
        held.state = arrived ? "PLACING" : "COMMITTED";
        resolve(id!);
        return HELD;
      });
    });
    const id = await Promise.race([reached, ended.then(() => Promise.reject(new Error("it ended before")))]);
    child.kill("SIGKILL");
    await ended;
    return id;
  }

  it("is signed when it is repeated, if the signature did not arrive", async () => {
    const id = await killed("lost", [], false);
    expect(await again(`put ${source} --name lost --yes`)).toMatchObject({
      id,
      state: "STORED",
      resumed: { files: 3 },
    });
    expect(gateway.packages.get(id)!.state).toBe("STORED");
  });

  it("is followed when it is repeated, if the signature did arrive, and signs nothing a second time", async () => {
    const id = await killed("came", [], true);
    const before = ids();
    const repeated = again(`put ${source} --name came --yes`);
    await until(
      async () => gateway.asked.some(({ call }) => call === "GET /packages/:id"),
      Boolean,
      170,
      "it is asked for",
    );
    gateway.packages.get(id)!.state = "STORED";
    expect(await repeated).toMatchObject({ id, state: "STORED", resumed: { files: 3 } });
    expect(ids()).toEqual(before);
    expect(gateway.asked.map(({ call }) => call)).not.toContain("POST /packages/:id/commit");
    expect(gateway.asked.map(({ call }) => call)).toContain("POST /packages/:id/blocks");
  });
});

describe("Ctrl-C in get", SLOW, () => {
  const halfOf: Bend = ({ call }, answer) =>
    call === "GET /packages/:id/pieces/0" ? new Half(answer as Buffer) : answer;

  it("leaves nothing at any stage, says so, and the same command works", async () => {
    await again(`put ${source} --name got`);
    const back = join(folder, "back");
    const before = await readdir(folder);
    const line = `get got ${back}`;
    const stages: [string, () => Promise<void> | RegExp][] = [
      ["looks it up", () => holding("GET /packages")],
      ["fetches the manifest", () => holding("GET /packages/:id/manifest")],
      ["waits for bytes", () => holding("GET /packages/:id/pieces/0")],
      [
        "writes",
        () => {
          gateway.lie(halfOf);
          return until(
            () => readdir(folder),
            ({ length }) => length > before.length,
            170,
            "writing",
          ).then(() => {});
        },
      ],
    ];
    for (const [stage, reach] of stages) {
      const said = await interrupted(line, reach());
      expect(said, stage).toContain("cairn: interrupted: nothing of got was kept Run the command again.");
      expect(await readdir(folder), stage).toEqual(before);
    }
    await again(line);
    for (const name of ["a", "b", "c"]) {
      expect((await readFile(join(back, name))).equals(await readFile(join(source, name)))).toBe(true);
    }
  });
});
